package redisproxy.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/redis-proxy} starts with the cache that {@link Training} has written. */
class TrainingIT {
  @TempDir Path home;

  @Test
  void start_usesTheCache_andIgnoresItSilentlyWhenTheJarDiffers() throws Exception {
    install("bin/redis-proxy", "bin/redis-proxy");
    install("conf/jvm.options", "conf/jvm.options");
    Path jar = install("target/redis-proxy.jar", "lib/redis-proxy.jar");
    assertFalse(startsFromCache());

    Training.main(new String[] {home.toString()});
    assertTrue(startsFromCache());

    try (FileSystem entries = FileSystems.newFileSystem(jar)) {
      Files.writeString(entries.getPath("another"), "jar");
    }
    assertFalse(startsFromCache());
    assertTrue(version("").matches("redis-proxy \\d+\\.\\d+\\.\\d+\\s*"));
  }

  private Path install(String file, String as) throws Exception {
    Path installed = home.resolve(as);
    Files.createDirectories(installed.getParent());
    Files.copy(Path.of(file), installed);
    assertTrue(installed.toFile().setExecutable(true));
    return installed;
  }

  private boolean startsFromCache() throws Exception {
    return version("-Xlog:class+load").contains("redisproxy.Main source: shared objects file");
  }

  private String version(String flags) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(home.resolve("bin/redis-proxy").toString(), "--version")
            .redirectErrorStream(true);
    builder
        .environment()
        .putAll(Map.of("JAVA_HOME", System.getProperty("java.home"), "JAVA_OPTS", flags));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
