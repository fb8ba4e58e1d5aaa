package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlTextTest {
  @Test
  void parse_keepsTheTextAndTheLine() {
    Map<String, Given> given =
        parse(
            """
            # comment
            http:
              port: 010
              idle-timeout: 1:30
              enabled: yes
            redis:
              password: '00123'
              username: 1e3
            resp.max-clients: 1_000
            log: &log
              level: "info"
            """);
    assertEquals(new Given("010", "f.yaml:3"), given.get("http.port"));
    assertEquals("1:30", given.get("http.idle-timeout").text());
    assertEquals("yes", given.get("http.enabled").text());
    assertEquals(new Given("00123", "f.yaml:7"), given.get("redis.password"));
    assertEquals("1e3", given.get("redis.username").text());
    assertEquals(new Given("1_000", "f.yaml:9"), given.get("resp.max-clients"));
    assertEquals("info", given.get("log.level").text());
    assertEquals(7, given.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing", "---", "{}", "http:", "http: {}", "\uFEFF# mark", "~"})
  void parse_acceptsAnEmptyFile(String text) {
    assertEquals(Map.of(), parse(text));
  }

  @Test
  void nullOrEmptyValue_becomesAnEmptyText() {
    assertEquals("", parse("redis: {password: }").get("redis.password").text());
    assertEquals("", parse("redis: {password: ''}").get("redis.password").text());
    assertEquals("", parse("redis: {username: null}").get("redis.username").text());
  }

  @Test
  void sectionsWithTheSameName_areMerged() {
    Map<String, Given> given = parse("redis:\n  password: 'a'\nredis:\n  username: b\n");
    assertEquals(2, given.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"00123", "123", "0x1F", "1.5", "yes", "true", "2024-01-01", "!t xyzzy"})
  void password_whenNotAString_mustBeQuoted(String value) {
    assertEquals(
        List.of("f.yaml:1: redis.password = ***: not a string in YAML; quote it: '...'"),
        faults("redis: {password: " + value + "}"));
  }

  @Test
  void badStructure_isReported() {
    assertEquals(
        List.of(
            "f.yaml:1: event-loops: expected one value, not a list or a map",
            "f.yaml:3: http.port: expected one value, not a list or a map",
            "f.yaml:5: http.port: given twice, first at f.yaml:4",
            "f.yaml:6: a key must be a single word",
            "f.yaml:7: redis: a section; put its settings below, indented, as \"key: value\""),
        faults(
            """
            event-loops: {a: 1}
            http:
              port: [1]
              port: 2
              port: 3
            ? [a, b] : 1
            redis: password:xyzzy
            """));
    assertEquals(
        List.of("f.yaml:1: not a map of settings: expected lines such as \"http:\""),
        faults("xyzzy"));
    assertEquals(1, faults("- http").size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          http: {prot: 1}         | http.prot           | http.port
          rsep: {port: 1}         | rsep.port           | resp.port
          resp: {maxClients: 1}   | resp.maxClients     | resp.max-clients
          resp: {max_clients: 1}  | resp.max_clients    | resp.max-clients
          redis: {pasword: x}     | redis.pasword       | redis.password
          eventloops: 1           | eventloops          | event-loops
          RESP: {PORT: 1}         | RESP.PORT           | resp.port
          cache: {max-byte: 1}    | cache.max-byte      | cache.max-bytes
          """)
  void unknownKey_isNamedWithTheNearest(String yaml, String unknown, String near) {
    assertEquals(
        List.of("f.yaml:1: " + unknown + ": unknown key, did you mean " + near + "?"),
        faults(yaml));
  }

  @Test
  void unknownKey_whenNothingIsNear_refersToHelp() {
    assertEquals(
        List.of("f.yaml:1: something.else: unknown key, see --help for all keys"),
        faults("something: {else: xyzzy}"));
    assertEquals(1, faults("x".repeat(1000) + ": 1").size());
    assertEquals(1, faults("x: &x [*x]").size());
    assertEquals(1, faults("http: &x {y: *x}").size());
    assertEquals(1, faults("unknown: {}").size());
  }

  /** SnakeYAML's own messages quote the line and the names in it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis:\n  password: 'xyzzy",
        "redis:\n  password: \"\\xyzzy\"",
        "redis:\n  password: \"xyzzy\\u",
        "redis:\n  password: *xyzzy",
        "redis:\n  password: !xyzzy!x y",
        "redis:\n  password: xyzzy: x",
        "redis:\n\tpassword: xyzzy",
        "redis:\n  password: @xyzzy",
        "redis:\n  password: %xyzzy",
        "redis: {password: xyzzy",
        "redis:\n  password: xy\u0001zzy",
        "--- {}\n--- {}\n# xyzzy",
      })
  void malformed_isRefusedWithoutQuotingTheFile(String text) {
    List<String> faults = faults(text);
    assertEquals(1, faults.size());
    assertTrue(faults.get(0).matches("f\\.yaml(:\\d+)?: not valid YAML.*"), faults.get(0));
    assertFalse(faults.get(0).contains("zzy"), faults.get(0));
  }

  @Test
  void nesting_isBounded() {
    assertEquals(1, faults("[".repeat(10_000)).size());
  }

  private static Map<String, Given> parse(String text) {
    Faults faults = new Faults();
    Map<String, Given> given = YamlText.parse(text, "f.yaml", faults);
    faults.throwIfAny();
    return given;
  }

  private static List<String> faults(String text) {
    return assertThrows(ConfigurationException.class, () -> parse(text)).faults();
  }
}
