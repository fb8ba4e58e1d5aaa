package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;

/**
 * Clients of which each stays within what it may, and all together ask for several times the memory
 * there is: the packaged jar, in a small heap. Others are answered all the while.
 */
class ClientMemoryIT {
  private static final int CROWD = 100;

  @TempDir static Path directory;
  @RegisterExtension final Opened opened = new Opened();

  private static EmbeddedRedis redis;
  private RunningJar jar;

  private RespClient neighbour;

  @BeforeAll
  static void start() throws Exception {
    redis = EmbeddedRedis.start();
    try (RespClient direct = new RespClient(redis.host(), redis.port())) {
      direct.call("SET", "color", "blue");
      for (int i = 0; i < 16; i++) {
        direct.call("SET", "heavy" + i, "v".repeat(64 * 1024));
      }
    }
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  /** A proxy for each test: it warns only every few seconds. */
  @BeforeEach
  void startProxy() throws Exception {
    jar = new RunningJar(directory);
    jar.run(Map.of("REDIS_URL", redis.url()), List.of("-Xmx64m", "-XX:+ExitOnOutOfMemoryError"));
    jar.awaitReady();
    neighbour = opened.add(new RespClient(jar.resp));
  }

  @AfterEach
  void stopProxy() {
    jar.close();
  }

  private void assertOthersAreAnswered() throws Exception {
    assertEquals("$4\r\nblue\r\n", neighbour.call("GET", "color"));
    assertEquals("blue", jar.http("/keys/color").body());
    try (RespClient another = new RespClient(jar.resp)) {
      assertEquals("+OK\r\n", another.call("SET", "other", "1"));
    }
    assertTrue(jar.isAlive(), jar.output());
  }

  private int warnings() throws IOException {
    return jar.output().split("clients were cut off that had most memory held", -1).length - 1;
  }

  private void crowd(String sent) throws Exception {
    for (int i = 0; i < CROWD; i++) {
      RespClient client = opened.add(new RespClient(jar.resp));
      try {
        client.send(sent);
      } catch (UncheckedIOException cutOff) {
        // as it may be
      }
      if (i % 20 == 0) {
        assertOthersAreAnswered();
      }
    }
    assertOthersAreAnswered();
    Awaitility.await().until(() -> warnings() > 0);
    assertTrue(!jar.output().contains("ended by a fault"), jar.output());
  }

  @Test
  void whoDoesNotRead_isCutOff() throws Exception {
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      pipeline.append(RespClient.request("GET", "heavy" + i % 16));
    }
    crowd(pipeline.toString());
  }

  @Test
  void whoDoesNotEndItsRequest_isCutOff() throws Exception {
    crowd("*2\r\n$3\r\nGET\r\n$900010\r\n" + "x".repeat(900_000));
  }
}
