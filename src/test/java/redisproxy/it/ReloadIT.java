package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;

/** Settings that change while the packaged jar runs. */
class ReloadIT {
  private static final int KEYS = 5_000;

  @RegisterExtension static final Opened shared = Opened.forClass();
  @RegisterExtension final Opened opened = new Opened();

  private static EmbeddedRedis redis;

  @TempDir Path directory;

  private RunningJar jar;
  private Path file;

  @BeforeAll
  static void startRedis() {
    redis = shared.redis();
    try (RespClient direct = new RespClient(redis)) {
      for (int i = 0; i < KEYS; i++) {
        direct.call("SET", "k" + i, "v" + i);
      }
    }
  }

  @BeforeEach
  void run() throws Exception {
    file = directory.resolve("proxy.yaml");
    jar = opened.jar(directory);
    write("cache:\n  capacity: 100\n");
    jar.run(Map.of("REDIS_URL", redis.url()), List.of(), "--config", file.toString());
    jar.awaitReady();
  }

  /** Replaces the file atomically, so that the proxy never reads half of it. */
  private void write(String text) throws IOException {
    Path made = Files.writeString(directory.resolve("made"), text);
    Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private long stat(String name) throws Exception {
    return new JsonObject(jar.admin("/stats").body()).getLong(name);
  }

  private void awaitSaid(String text) {
    await().atMost(20, TimeUnit.SECONDS).until(() -> jar.output().contains(text));
  }

  private long times(String text) throws IOException {
    return jar.output().lines().filter(line -> line.contains(text)).count();
  }

  private void read(int from, int to) {
    try (RespClient client = new RespClient(jar.resp)) {
      for (int i = from; i < to; i++) {
        assertEquals("$" + ("v" + i).length() + "\r\nv" + i + "\r\n", client.call("GET", "k" + i));
      }
    }
  }

  @Test
  void editedFile_changesSettings() throws Exception {
    write(
        "cache:\n  capacity: 3000\n  max-bytes: 10MiB\nresp:\n  max-clients: 1\nlog:\n  level:"
            + " debug\n");
    awaitSaid("settings=\"resp.max-clients,cache.capacity,cache.max-bytes,log.level\"");
    assertEquals(3000, stat("capacity"));
    assertEquals(10 << 20, stat("maxBytes"));
    read(0, 3000);
    assertEquals(3000, stat("entries"), "the cache has room for all");
    try (RespClient first = new RespClient(jar.resp)) {
      assertEquals("+PONG\r\n", first.call("PING"));
      try (RespClient second = new RespClient(jar.resp)) {
        assertEquals("-ERR max number of clients reached\r\n", second.reply());
      }
    }
    assertTrue(jar.admin("/log/level").body().contains("debug"));
    assertTrue(jar.admin("/metrics").body().contains("clients_max{protocol=\"resp\"} 1"));
  }

  @Test
  void sighup_readsTheFileAtOnce_andLogsIfNothingChanged() throws Exception {
    jar.sighup();
    awaitSaid("none has changed");
    write("cache:\n  capacity: 200\nlog:\n  slow-lookup: 1ms\n");
    jar.sighup();
    awaitSaid("settings=\"cache.capacity,log.slow-lookup\"");
    assertEquals(200, stat("capacity"));
    assertTrue(jar.isAlive());
  }

  @Test
  void badEdit_isRefusedAsAWhole_andOldSettingsApply() throws Exception {
    read(0, 50);
    write("cache:\n  capacity: 300\n  expiry: soon\n");
    awaitSaid("cache.expiry");
    write("cache:\n  capcity: 300\n");
    awaitSaid("did you mean cache.capacity?");
    write("cache:\n  capacity: 300\nresp:\n  max-pipeline: 7\n");
    awaitSaid("resp.max-pipeline = ");
    assertTrue(jar.output().contains("needs a restart"), jar.output());
    Files.delete(file);
    awaitSaid("cannot be read");
    assertEquals(100, stat("capacity"));
    assertEquals(50, stat("entries"));
    assertEquals(4, times("settings not changed"), "each is logged once");
    write("cache:\n  capacity: 400\n");
    awaitSaid("settings have changed");
    assertEquals(400, stat("capacity"));
  }

  @Test
  void shorterExpiry_clearsTheCache() throws Exception {
    read(0, 50);
    write("cache:\n  capacity: 100\n  expiry: 59s\n");
    awaitSaid("settings=\"cache.expiry\"");
    await().until(() -> stat("entries") == 0);
    read(0, 50);
    assertEquals(50, stat("entries"));
  }

  @Test
  void whenUnverified_canChangeWhileRedisIsUnreachable() throws Exception {
    read(0, 1);
    redis.stop();
    try (RespClient client = new RespClient(jar.resp)) {
      assertEquals("$2\r\nv0\r\n", client.call("GET", "k0"));
      await().until(() -> jar.admin("/health/ready").body().contains("unverified"));
      write("cache:\n  capacity: 100\ncoherence:\n  when-unverified: bypass\n");
      awaitSaid("settings=\"coherence.when-unverified\"");
      await().until(() -> client.call("GET", "k0").startsWith("-ERR"));
    } finally {
      redis.restart();
      writeKeys();
    }
  }

  private static void writeKeys() {
    try (RespClient direct = new RespClient(redis)) {
      for (int i = 0; i < KEYS; i++) {
        direct.call("SET", "k" + i, "v" + i);
      }
    }
  }

  @Test
  void capacityChangedUnderLoad_breaksNoReply() throws Exception {
    write("cache:\n  capacity: " + KEYS + "\n");
    awaitSaid("settings=\"cache.capacity\"");
    read(0, KEYS);
    AtomicBoolean ended = new AtomicBoolean();
    AtomicLong whole = new AtomicLong();
    List<Thread> clients = new ArrayList<>();
    List<Throwable> broken = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 4; i++) {
      int from = i * KEYS / 4;
      Thread client =
          new Thread(
              () -> {
                try {
                  while (!ended.get()) {
                    read(from, from + KEYS / 4);
                    whole.addAndGet(KEYS / 4);
                  }
                } catch (Throwable e) {
                  broken.add(e);
                }
              });
      client.start();
      clients.add(client);
    }
    for (int capacity : new int[] {10, 2 * KEYS, 1, KEYS}) {
      long before = whole.get();
      write("cache:\n  capacity: " + capacity + "\n");
      jar.sighup();
      await().until(() -> stat("capacity") == capacity);
      assertTrue(stat("entries") <= capacity);
      await().until(() -> whole.get() > before + KEYS);
    }
    ended.set(true);
    for (Thread client : clients) {
      client.join(20_000);
      assertFalse(client.isAlive());
    }
    assertEquals(List.of(), broken);
  }
}
