package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The README's table of settings names the settings there are, with their defaults, and no others.
 */
class ReadmeTest {
  private static final Pattern ROW = Pattern.compile("\\| ((?:`[a-z.-]+` ?)+) \\| `([^`]+)` \\|.*");

  @Test
  void table_isThatOfTheSettings() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    String readme = Files.readString(Path.of("README.md"));
    String section = readme.substring(readme.indexOf("## Settings"), readme.indexOf("## Cost"));
    for (String line : section.split("\n")) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        for (String path : row.group(1).split(" ")) {
          documented.put(path.replace("`", ""), row.group(2));
        }
      }
    }
    Map<String, String> real = new TreeMap<>();
    for (Setting<?> setting : SettingsTable.rows()) {
      real.put(setting.path(), setting.defaultText().isEmpty() ? "(empty)" : setting.defaultText());
    }
    assertTrue(documented.size() > 10);
    assertEquals(real, documented);
  }
}
