package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares the documented settings and their defaults with the real ones. */
class SettingsPageTest {
  private static final Pattern ROW = Pattern.compile("\\| ((?:`[a-z.-]+` ?)+) \\| `([^`]+)` \\|.*");

  private static Map<String, String> documented(String text) {
    Map<String, String> settings = new TreeMap<>();
    for (String line : text.split("\n")) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        for (String path : row.group(1).split(" ")) {
          settings.put(path.replace("`", ""), row.group(2));
        }
      }
    }
    return settings;
  }

  private static Map<String, String> real() {
    Map<String, String> settings = new TreeMap<>();
    for (Setting<?> setting : SettingsTable.rows()) {
      settings.put(
          setting.path(), setting.defaultText().isEmpty() ? "(empty)" : setting.defaultText());
    }
    return settings;
  }

  @Test
  void page_hasEverySettingAndNoOther() throws IOException {
    Map<String, String> documented = documented(Files.readString(Path.of("docs/settings.md")));
    assertTrue(documented.size() > 10);
    assertEquals(real(), documented);
  }

  @Test
  void readme_hasSomeOfTheSettings() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    Map<String, String> documented =
        documented(readme.substring(readme.indexOf("## Settings"), readme.indexOf("## Cost")));
    assertFalse(documented.isEmpty());
    Map<String, String> expected = real();
    expected.keySet().retainAll(documented.keySet());
    assertEquals(expected, documented);
  }
}
