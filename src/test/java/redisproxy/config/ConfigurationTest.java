package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Loads settings through Vert.x, from a real file and a real environment. */
@ExtendWith(VertxExtension.class)
class ConfigurationTest {
  @TempDir Path directory;

  @Test
  void load_readsTheFile(Vertx vertx) throws Exception {
    Path file = write("http:\n  port: 9000\nredis:\n  password: '00123'\n");
    Settings settings = load(vertx, file);
    assertEquals(9000, settings.http().port());
    assertEquals("00123", settings.redis().password().value());
    assertEquals(8001, settings.resp().port());
  }

  @Test
  void load_withoutFile_takesTheDefaults(Vertx vertx) throws Exception {
    assertEquals(Configuration.parse(Map.of()), load(vertx, null));
    assertEquals(Configuration.parse(Map.of()), load(vertx, write("")));
  }

  @Test
  void load_whenTheFileCannotBeRead_fails(Vertx vertx) {
    Path missing = directory.resolve("missing.yaml");
    assertEquals(List.of(missing + ": cannot be read: no such file"), faults(vertx, missing));
    List<String> faults = faults(vertx, directory);
    assertEquals(1, faults.size());
    assertTrue(faults.get(0).startsWith(directory + ": cannot be read: "), faults.get(0));
  }

  @Test
  void load_whenTheFileIsFaulty_namesAllFaults(Vertx vertx) throws IOException {
    Path file = write("http:\n  port: 9OOO\n  prot: 1\nredis:\n  password: 00123\n");
    assertEquals(
        List.of(
            file + ":3: http.prot: unknown key, did you mean http.port?",
            file + ":5: redis.password = ***: not a string in YAML; quote it: '...'",
            file + ":2: http.port = \"9OOO\": expected a decimal number 0..65535"),
        faults(vertx, file));
  }

  @Test
  void load_readsTheEnvironment_whichWins() throws Exception {
    Path file = write("http:\n  port: 9000\nresp:\n  port: 9001\n");
    String output =
        loadInProcess(
            file,
            Map.of(
                "HTTP_PORT",
                "9100",
                "RESP_PORT",
                "",
                "REDIS_PASSWORD",
                "00123",
                "LOG_LEVEL",
                "WARN"));
    assertEquals("9100 9001 00123 WARN", output);
  }

  @Test
  void load_namesFaultsOfFileAndEnvironmentTogether() throws Exception {
    Path missing = directory.resolve("missing.yaml");
    String output = loadInProcess(missing, Map.of("HTTP_PORT", "x", "REDIS_PASSWORD", "{\"a\":1}"));
    assertEquals(
        missing
            + ": cannot be read: no such file\n"
            + "HTTP_PORT: http.port = \"x\": expected a decimal number 0..65535",
        output);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("settings.yaml"), text);
  }

  private static Settings load(Vertx vertx, Path file) throws Exception {
    return Configuration.load(vertx, file).await(10, TimeUnit.SECONDS).settings();
  }

  private static List<String> faults(Vertx vertx, Path file) {
    return assertThrows(ConfigurationException.class, () -> load(vertx, file)).faults();
  }

  /** Returns what {@link Loader} writes in a process with these variables. */
  private String loadInProcess(Path file, Map<String, String> variables) throws Exception {
    Path output = directory.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Loader.class.getName(),
            file.toString(),
            output.toString());
    builder.environment().putAll(variables);
    Process process =
        builder.redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start();
    try {
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output);
  }

  /** Writes the loaded settings, or the faults, to a file, because standard output has the log. */
  static final class Loader {
    public static void main(String[] args) throws IOException {
      Vertx vertx = Vertx.vertx();
      String output;
      try {
        Settings settings = Configuration.load(vertx, Path.of(args[0])).await().settings();
        output =
            settings.http().port()
                + " "
                + settings.resp().port()
                + " "
                + settings.redis().password().value()
                + " "
                + settings.log().level();
      } catch (ConfigurationException e) {
        output = e.getMessage();
      }
      Files.writeString(Path.of(args[1]), output);
      vertx.close().await();
    }
  }
}
