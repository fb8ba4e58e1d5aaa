package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which settings may change while the proxy runs. */
class LoadedTest {
  private static final Machine MACHINE = new Machine(4, 1L << 30);

  private static Loaded loaded(String yaml) {
    Faults faults = new Faults();
    var given = YamlText.parse(yaml, "f.yaml", faults);
    return new Loaded(new SettingsReader(given, MACHINE, faults).read(), given);
  }

  private static List<String> refusals(String before, String now) {
    return assertThrows(
            ConfigurationException.class, () -> loaded(now).changesSince(loaded(before)))
        .faults();
  }

  @Test
  void changes_areNamedInTheOrderOfTheManual() {
    Loaded before = loaded("log:\n  level: warn\ncache:\n  capacity: 5\n");
    Loaded now = loaded("log:\n  level: debug\ncache:\n  capacity: 6\n  expiry: 5s\n");
    assertEquals(List.of("cache.capacity", "cache.expiry", "log.level"), now.changesSince(before));
  }

  @Test
  void sameValue_writtenDifferently_isNoChange() {
    Loaded before = loaded("cache:\n  expiry: 60s\n");
    assertEquals(List.of(), loaded("").changesSince(before));
    assertEquals(List.of(), loaded("cache:\n  expiry: 1m\n").changesSince(before));
    assertEquals(List.of(), loaded("# new\n\nresp:\n  port: 8001\n").changesSince(before));
  }

  @Test
  void changeThatNeedsARestart_refusesAllChanges() {
    assertEquals(
        List.of("f.yaml:2: resp.port = \"9000\": needs a restart"),
        refusals("", "resp:\n  port: 9000\ncache:\n  capacity: 6\n"));
    assertEquals(
        List.of("defaults: resp.port = \"8001\": needs a restart"),
        refusals("resp:\n  port: 9000\n", ""));
  }

  @Test
  void secret_isNotShown() {
    String refusal =
        refusals("redis:\n  password: 'old'\n", "redis:\n  password: 't0psecret'\n").get(0);
    assertEquals("f.yaml:2: redis.password = ***: needs a restart", refusal);
    refusal = refusals("", "redis:\n  url: redis://:t0psecret@host\n").get(0);
    assertTrue(refusal.endsWith("needs a restart"), refusal);
    assertFalse(refusal.contains("t0psecret"), refusal);
  }

  /** Every setting's value needs a working equals method, not only those above. */
  @Test
  void everySetting_readTwice_isNoChange() throws IOException {
    String manual = Files.readString(Path.of("conf/redis-proxy.yaml"));
    assertEquals(List.of(), loaded(manual).changesSince(loaded(manual)));
    assertEquals(List.of(), loaded(manual).changesSince(loaded("")));
  }

  @Test
  void guide_listsTheChangeableSettings() throws IOException {
    String guide = Files.readString(Path.of("docs/operating.md"));
    int start = guide.indexOf("## Changing settings");
    String list = guide.substring(start, guide.indexOf("\n\n", guide.indexOf("- `", start)));
    Set<String> changeable = new TreeSet<>();
    Loaded.CHANGEABLE.forEach(setting -> changeable.add(setting.path()));
    Set<String> documented = new TreeSet<>();
    Matcher paths = Pattern.compile("`([a-z]+\\.[a-z.-]+)`").matcher(list);
    while (paths.find()) {
      documented.add(paths.group(1));
    }
    assertEquals(changeable, documented);
  }
}
