package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/**
 * Fuzzes the settings file and the environment. The input is the file, then the variables,
 * separated by form feeds. Checks that written settings are read back, that only a refusal is
 * thrown and each of its faults is one line, that equal inputs give equal settings, and that no
 * fault shows a secret when one character of a file with secrets is wrong.
 */
public final class SettingsTarget implements Target {
  private static final Machine MACHINE = new Machine(8, 1000L << 20);
  private static final Allocation ALLOCATION = new Allocation(4_000_000, 40_000);
  private static final String SECRET = "QxZvWk";
  private static final String SECRETS =
      "redis:\n  password: \"QxZvWk\"\n  url: redis://u:QxZvWk@h/1\nadmin:\n  token: QxZvWk\nauth:\n  password:"
          + " 'QxZvWk'\n";

  /** Settings that never contradict others, each with some valid values. */
  private static final String[][] FREE = {
    {"cache.capacity", "1", "100", "2147483647"},
    {"cache.commands", "default", "get", "hget,LRANGE", "-strlen,json.get"},
    {"cache.expiry", "1ms", "60s", "5m", "365d", "250"},
    {"cache.missing-expiry", "0", "1h"},
    {"cache.max-value-bytes", "0", "1KiB", "64KB"},
    {"cache.snapshot", "/tmp/keys", "\u20ac \t", "a: b # c", "{x", "- y", "'", "\"\\"},
    {"http.max-clients", "1", "10000"},
    {"http.max-age", "remaining", "0", "REMAINING"},
    {"http.cors-origins", "*", "https://a.example,http://localhost:3000"},
    {"resp.max-pipeline", "1", "65536"},
    {"resp.idle-timeout", "24d", "0"},
    {"redis.url", "redis://u:p%40@h:1/2", "rediss://[::1]"},
    {"redis.password", "p\u00e4ss", "'\"\\ :#", "\u0085\u2028\n", "00123", "true", "~"},
    {"redis.load-timeout", "1h"},
    {"coherence.prefixes", "user:,session:", "a"},
    {"log.level", "trace", "INFO"},
    {"log.keys", "true", "FALSE"},
    {"event-loops", "auto", "1", "1024"},
  };

  @Override
  public List<String> words() {
    List<String> words =
        new ArrayList<>(
            List.of(
                ":",
                ": ",
                "\n",
                "\n  ",
                "\n    ",
                "  ",
                "- ",
                "\t",
                "\r",
                "\f",
                "#",
                "'",
                "\"",
                "\\",
                "\\x",
                "\\u",
                "\\UFFFFFFFF",
                "\\uD800",
                "&a ",
                "*a",
                "!",
                "!!",
                "!!int ",
                "!<%zz>",
                "|\n",
                ">\n",
                "{",
                "}",
                "[",
                "]",
                ",",
                "? ",
                "<<: ",
                "%",
                "@",
                "`",
                "---\n",
                "...\n",
                "%YAML 9.9\n---\n",
                "%TAG ! x\n",
                "~",
                "null",
                "true",
                "yes",
                "0",
                "-1",
                "1e9",
                "0x1F",
                "010",
                "1:30",
                "2147483648",
                "99999999999999999999",
                "\0",
                "\u00ef\u00bb\u00bf",
                "\u00c2\u0085",
                "\u00e2\u0080\u00a8",
                "\u00ff",
                "\u00ed\u00a0\u0080",
                "=",
                "auto",
                "10s",
                "1MiB",
                "9223372036854775807KiB",
                "100000000000000000d",
                "::1",
                "0.0.0.0",
                "own",
                "expiry",
                "redis://",
                "*",
                "a,,b"));
    for (Setting<?> setting : SettingsTable.rows()) {
      String path = setting.path();
      words.add(path.substring(path.lastIndexOf('.') + 1) + ": ");
      words.add("\n" + path + ": ");
      words.add("\f" + setting.environmentName() + "=");
    }
    return words;
  }

  @Override
  public Sample sample(Random random) {
    Map<String, String> given = new TreeMap<>();
    StringBuilder file = new StringBuilder();
    StringBuilder variables = new StringBuilder();
    for (int left = random.nextInt(6); left > 0; left--) {
      String[] row = FREE[random.nextInt(FREE.length)];
      String value = row[1 + random.nextInt(row.length - 1)];
      if (given.putIfAbsent(row[0], value) == null) {
        if (random.nextInt(4) > 0) {
          write(file, row[0], quoted(value, random), random);
        } else {
          String name = SettingsTable.find(row[0]).environmentName();
          variables.append('\f').append(name).append('=').append(value);
          variables.append(random.nextInt(4) == 0 ? "\r\n" : "");
          given.put(row[0], value.replaceAll("[\r\n]+$", ""));
          if (random.nextBoolean()) {
            write(file, row[0], "overridden", random);
          }
        }
      }
    }
    byte[] input = (file.toString() + variables).getBytes(StandardCharsets.UTF_8);
    return new Sample(input, outcome(given));
  }

  private static void write(StringBuilder file, String path, String value, Random random) {
    int dot = path.indexOf('.');
    if (dot < 0 || random.nextBoolean()) {
      file.append(path);
    } else {
      file.append(path, 0, dot).append(":\n  ").append(path.substring(dot + 1));
    }
    file.append(": ").append(value).append(random.nextInt(4) == 0 ? " # why\n" : "\n");
  }

  /** Returns the value in double quotes, with the necessary escapes and some random ones. */
  private static String quoted(String value, Random random) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : value.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c > '~' || random.nextInt(20) == 0) {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private static Outcome outcome(Map<String, String> given) {
    List<String> read = new ArrayList<>();
    given.forEach((path, value) -> read.add(path + "=" + value));
    return new Outcome(read, null);
  }

  /** A valid input: its texts and its settings. */
  private record Read(Map<String, Given> given, Settings settings) {}

  @Override
  public Outcome outcome(byte[] input) {
    // The slow checks run for some inputs only.
    int chance = Arrays.hashCode(input) & 7;
    if (chance == 0) {
      secretsAreKept(input);
    }
    ALLOCATION.check(input.length, () -> pass(input));
    try {
      Read read = read(input);
      if (chance == 1) {
        Loaded loaded = new Loaded(read.settings, read.given);
        assertEquals(List.of(), loaded.changesSince(loaded));
        assertEquals(read, read(input));
      }
      Map<String, String> texts = new TreeMap<>();
      read.given.forEach((path, value) -> texts.put(path, value.text()));
      return outcome(texts);
    } catch (ConfigurationException e) {
      for (String fault : e.faults()) {
        assertFalse(fault.isEmpty(), "a fault is empty");
        assertTrue(fault.chars().noneMatch(Character::isISOControl), fault);
      }
      assertFalse(e.faults().isEmpty(), "refused without a fault");
      return new Outcome(List.of(), e.getMessage());
    }
  }

  private static Read read(byte[] input) {
    String[] parts = new String(input, StandardCharsets.UTF_8).split("\f", -1);
    Map<String, String> variables = new LinkedHashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      String name = equals < 0 ? parts[i] : parts[i].substring(0, equals);
      if (!name.endsWith("_FILE")) {
        variables.put(name, parts[i].substring(equals + 1));
      }
    }
    Faults faults = new Faults();
    Map<String, Given> given = new LinkedHashMap<>(YamlText.parse(parts[0], "file", faults));
    Settings settings = Configuration.parse(given, variables, MACHINE, faults);
    given.putAll(Environment.parse(variables, faults));
    return new Read(given, settings);
  }

  private static void pass(byte[] input) {
    try {
      read(input);
    } catch (ConfigurationException e) {
      // A refusal is a valid result.
    }
  }

  /** Replaces one character of the file, outside of the secrets, with one of the input. */
  private static void secretsAreKept(byte[] input) {
    char c = input.length == 0 ? '\n' : (char) (input[input.length / 2] & 0xff);
    int at = Math.floorMod(Arrays.hashCode(input) >> 3, SECRETS.length());
    int start = SECRETS.lastIndexOf(SECRET, at);
    if (start >= 0 && at < start + SECRET.length()) {
      return;
    }
    String wrong = SECRETS.substring(0, at) + c + SECRETS.substring(at + 1);
    try {
      read(wrong.getBytes(StandardCharsets.UTF_8));
    } catch (ConfigurationException e) {
      assertFalse(e.getMessage().contains(SECRET), () -> wrong + e.getMessage());
    }
  }
}
