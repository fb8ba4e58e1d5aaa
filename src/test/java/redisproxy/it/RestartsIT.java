package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;

/**
 * Stops the packaged jar under full load, again and again. A reply that has begun arrives whole. A
 * connection ends only between two replies. Requests without an answer may have been executed or
 * not, and no others are. {@code make restarts} does it a hundred times.
 */
class RestartsIT {
  private static final int RESTARTS = Integer.getInteger("test.restarts", 3);
  private static final int PIPELINE = 10;
  private static final String LIST = "*50\r\n" + ("$100\r\n" + "e".repeat(100) + "\r\n").repeat(50);

  @RegisterExtension final Opened opened = new Opened();
  @TempDir Path directory;

  private final ConcurrentLinkedQueue<String> broken = new ConcurrentLinkedQueue<>();
  private final AtomicLong whole = new AtomicLong();
  private final AtomicLong unanswered = new AtomicLong();
  private final AtomicLong resets = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private EmbeddedRedis redis;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    direct = opened.client(redis);
    direct.call("SET", "k", "value");
    for (int i = 0; i < 50; i++) {
      direct.call("RPUSH", "list", "e".repeat(100));
    }
  }

  /** Sends pipelines until the proxy is gone. The reader gets the first byte of each reply. */
  private void client(int port, String request, Reader reader, Consumer<Long> ended) {
    Thread thread =
        new Thread(
            () -> {
              long replies = 0;
              long sent = 0;
              try (RespClient client = new RespClient(port)) {
                while (true) {
                  client.send(request.repeat(PIPELINE));
                  sent += PIPELINE;
                  for (int i = 0; i < PIPELINE; i++) {
                    int first = client.read();
                    if (first < 0) {
                      return;
                    }
                    read(reader, client, first, replies);
                    replies++;
                    whole.incrementAndGet();
                  }
                }
              } catch (UncheckedIOException reset) {
                resets.incrementAndGet();
              } catch (IllegalStateException cut) {
                broken.add(request.strip() + ": " + cut.getMessage());
              } finally {
                unanswered.addAndGet(sent - replies);
                ended.accept(replies);
              }
            });
    thread.start();
    threads.add(thread);
  }

  private interface Reader {
    void rest(RespClient client, int first, long before);
  }

  /** Reads the rest of a reply. A reset within a reply means that the reply is broken. */
  private static void read(Reader reader, RespClient client, int first, long before) {
    try {
      reader.rest(client, first, before);
    } catch (UncheckedIOException reset) {
      throw new IllegalStateException("reset within a reply", reset);
    }
  }

  private static Reader expecting(String reply) {
    return (client, first, before) -> {
      String came =
          (char) first
              + new String(
                  client.bytes(reply.length() - 1), java.nio.charset.StandardCharsets.ISO_8859_1);
      if (!came.equals(reply)) {
        throw new IllegalStateException("another reply: " + came);
      }
    };
  }

  private static void number(RespClient client, int first, long before) {
    long number = Long.parseLong(((char) first + client.reply()).substring(1).strip());
    if (number != before + 1) {
      throw new IllegalStateException(number + " after " + before);
    }
  }

  private static void http(RespClient client, int first, long before) {
    StringBuilder head = new StringBuilder().append((char) first);
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) client.bytes(1)[0]);
    }
    if (!head.toString().startsWith("HTTP/1.1 200 ")
        || !new String(client.bytes(5), java.nio.charset.StandardCharsets.US_ASCII)
            .equals("value")) {
      throw new IllegalStateException("another response: " + head);
    }
  }

  private void load(RunningJar jar, List<Runnable> checks) {
    for (int i = 0; i < 3; i++) {
      client(jar.resp, RespClient.request("GET", "k"), expecting("$5\r\nvalue\r\n"), replies -> {});
      client(
          jar.resp,
          RespClient.request("LRANGE", "list", "0", "-1"),
          expecting(LIST),
          replies -> {});
      client(jar.http, "GET /keys/k HTTP/1.1\r\nHost: h\r\n\r\n", RestartsIT::http, replies -> {});
      for (String[] increment : new String[][] {{"INCR"}, {"HINCRBY", "field", "1"}}) {
        String counter = increment[0] + i;
        direct.call("DEL", counter);
        List<String> words = new ArrayList<>(List.of(increment));
        words.add(1, counter);
        AtomicLong answered = new AtomicLong();
        client(
            jar.resp,
            RespClient.request(words.toArray(String[]::new)),
            RestartsIT::number,
            answered::set);
        checks.add(() -> check(counter, answered.get()));
      }
    }
  }

  /** Checks that all answered requests were executed, and at most one pipeline more. */
  private void check(String counter, long answered) {
    String now =
        counter.startsWith("H")
            ? direct.call("HGET", counter, "field")
            : direct.call("GET", counter);
    long done = now.startsWith("$-1") ? 0 : Long.parseLong(now.split("\r\n")[1]);
    assertTrue(done >= answered && done <= answered + PIPELINE, counter + " " + done + answered);
  }

  @Test
  void stopUnderFullLoad_breaksNoReply() throws Exception {
    for (int round = 0; round < RESTARTS; round++) {
      RunningJar jar = new RunningJar(directory);
      try (jar) {
        jar.run(Map.of("REDIS_URL", redis.url()), List.of());
        jar.awaitReady();
        List<Runnable> checks = new ArrayList<>();
        long before = whole.get();
        load(jar, checks);
        long enough = before + 2_000 + 100L * (round % 7);
        await().atMost(java.time.Duration.ofSeconds(60)).until(() -> whole.get() > enough);
        jar.terminate();
        for (Thread thread : threads) {
          thread.join(20_000);
          assertFalse(thread.isAlive());
        }
        threads.clear();
        assertEquals(List.of(), List.copyOf(broken), "in round " + round);
        checks.forEach(Runnable::run);
        String said = jar.finished(0);
        assertTrue(said.contains("redis-proxy has stopped"), said);
        assertFalse(said.contains("level=ERROR"), said);
      }
    }
    System.out.printf(
        "%d restarts: %d replies, all whole; %d requests unanswered, %d connections reset between"
            + " replies%n",
        RESTARTS, whole.get(), unanswered.get(), resets.get());
  }
}
