package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Compares the shipped settings file and {@code --help} with the table of settings. */
class ManualTest {
  private static final Path MANUAL = Path.of("conf/redis-proxy.yaml");

  @Test
  void manual_hasEverySettingWithItsDefault_inTheTablesOrder() throws IOException {
    Map<String, String> documented = new LinkedHashMap<>();
    manual().forEach((path, given) -> documented.put(path, given.text()));
    Map<String, String> real = new LinkedHashMap<>();
    SettingsTable.rows().forEach(row -> real.put(row.path(), row.defaultText()));
    assertEquals(real, documented);
    assertEquals(List.copyOf(real.keySet()), List.copyOf(documented.keySet()));
  }

  @Test
  void manual_changesNothing() throws IOException {
    Machine machine = new Machine(4, 1L << 30);
    assertEquals(Configuration.parse(Map.of(), machine), Configuration.parse(manual(), machine));
  }

  @Test
  void manual_explainsEverySetting() throws IOException {
    List<String> lines = Files.readAllLines(MANUAL);
    for (Given given : manual().values()) {
      int line = Integer.parseInt(given.origin().substring(given.origin().lastIndexOf(':') + 1));
      assertTrue(lines.get(line - 2).strip().startsWith("# "), lines.get(line - 1));
    }
  }

  @Test
  void help_hasEverySetting() {
    List<String> lines = Help.render().lines().toList();
    assertEquals(SettingsTable.rows().size() + 1, lines.size());
    for (int i = 0; i < SettingsTable.rows().size(); i++) {
      Setting<?> row = SettingsTable.rows().get(i);
      String shown = row.defaultText().isEmpty() ? "(empty)" : row.defaultText();
      assertEquals(
          List.of(row.path(), row.environmentName(), shown, row.description()),
          List.of(lines.get(i + 1).split(" {2,}")));
    }
  }

  private static Map<String, Given> manual() throws IOException {
    Faults faults = new Faults();
    Map<String, Given> given = YamlText.parse(Files.readString(MANUAL), MANUAL.toString(), faults);
    faults.throwIfAny();
    return given;
  }
}
