package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentTest {
  @TempDir Path directory;

  @Test
  void names_followThePaths() {
    assertTrue(
        Environment.names()
            .containsAll(
                List.of(
                    "EVENT_LOOPS",
                    "RESP_MAX_CLIENTS",
                    "HTTP_MAX_AGE",
                    "REDIS_PASSWORD",
                    "REDIS_PASSWORD_FILE",
                    "AUTH_PASSWORD",
                    "AUTH_PASSWORD_FILE",
                    "ADMIN_TOKEN_FILE")));
    assertEquals(SettingsTable.rows().size() + 3, Environment.names().size());
  }

  @Test
  void environment_overridesTheFile_unlessEmpty() {
    Map<String, Given> file =
        Map.of("http.port", new Given("1", "f:1"), "resp.port", new Given("2", "f:2"));
    Settings settings =
        Configuration.parse(
            file,
            Map.of("HTTP_PORT", "3", "RESP_PORT", "", "RESP_MAX_CLIENTS", "4"),
            Machine.current(),
            new Faults());
    assertEquals(3, settings.http().port());
    assertEquals(2, settings.resp().port());
    assertEquals(4, settings.resp().maxClients());
  }

  @Test
  void faults_nameTheVariable() {
    assertEquals(
        List.of("HTTP_PORT: http.port = \"x\": expected a decimal number 0..65535"),
        faults(Map.of("HTTP_PORT", "x")));
    assertEquals(
        List.of(
            "HTTP_ENABLED, f:9: http.enabled and resp.enabled are both false: enable at least one"),
        assertThrows(
                ConfigurationException.class,
                () ->
                    Configuration.parse(
                        Map.of("resp.enabled", new Given("false", "f:9")),
                        Map.of("HTTP_ENABLED", "false"),
                        Machine.current(),
                        new Faults()))
            .faults());
  }

  @Test
  void undecodedCharacters_areAFault() {
    assertEquals(
        List.of(
            "REDIS_PASSWORD: redis.password: has characters that this locale cannot read; set"
                + " LC_ALL=C.UTF-8 or use REDIS_PASSWORD_FILE"),
        faults(Map.of("REDIS_PASSWORD", "p\uFFFD\uFFFD")));
  }

  /** Kubernetes passes on such a line break when a Secret was created from a file. */
  @Test
  void lineBreakAtTheEnd_isRemoved() {
    Map<String, String> variables =
        Map.of(
            "REDIS_URL", "redis://h/2\n",
            "REDIS_PASSWORD", " pw \r\n",
            "ADMIN_TOKEN", "t\n",
            "RESP_PORT", "\n");
    Settings settings = Configuration.parse(Map.of(), variables, Machine.current(), new Faults());
    assertEquals(new Settings.Endpoint("h", 6379, 2, false), settings.redis().endpoint());
    assertEquals(new Secret(" pw "), settings.redis().password());
    assertEquals(new Secret("t"), settings.admin().token());
    assertEquals(8001, settings.resp().port());
  }

  @Test
  void passwordFile_isReadAndTrimmed() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), " 00123 x\r\n");
    assertEquals("00123 x", password(Map.of("REDIS_PASSWORD_FILE", file.toString())));
    assertEquals(
        "00123 x", password(Map.of("REDIS_PASSWORD_FILE", file.toString(), "REDIS_PASSWORD", "")));
  }

  @Test
  void passwordFile_whenItCannotBeUsed_isAFault() throws IOException {
    String missing = directory.resolve("missing").toString();
    assertEquals(
        List.of(
            "REDIS_PASSWORD_FILE: redis.password: the file \""
                + missing
                + "\" cannot be read: no such file"),
        faults(Map.of("REDIS_PASSWORD_FILE", missing)));
    Path empty = Files.writeString(directory.resolve("empty"), " \n");
    Path large = Files.writeString(directory.resolve("large"), "xyzzy".repeat(20_000));
    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff});
    for (Path file : List.of(empty, large, binary, directory)) {
      List<String> faults = faults(Map.of("REDIS_PASSWORD_FILE", file.toString()));
      assertEquals(1, faults.size(), faults::toString);
      assertTrue(faults.get(0).length() < 200, faults.get(0));
    }
    assertEquals(1, faults(Map.of("REDIS_PASSWORD_FILE", "\0")).size());
  }

  @Test
  void passwordAndPasswordFile_areAFault() {
    assertEquals(
        List.of("REDIS_PASSWORD_FILE: redis.password: REDIS_PASSWORD is set too; unset one"),
        faults(Map.of("REDIS_PASSWORD_FILE", "/x", "REDIS_PASSWORD", "xyzzy")));
  }

  @Test
  void passwordFile_overridesTheFileOfSettings() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "new");
    Settings settings =
        Configuration.parse(
            Map.of("redis.password", new Given("old", "f:1")),
            Map.of("REDIS_PASSWORD_FILE", file.toString()),
            Machine.current(),
            new Faults());
    assertEquals("new", settings.redis().password().value());
  }

  private static String password(Map<String, String> variables) {
    return Configuration.parse(Map.of(), variables, Machine.current(), new Faults())
        .redis()
        .password()
        .value();
  }

  private static List<String> faults(Map<String, String> variables) {
    return assertThrows(
            ConfigurationException.class,
            () -> Configuration.parse(Map.of(), variables, Machine.current(), new Faults()))
        .faults();
  }
}
