package redisproxy.upstream.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.upstream.Loop;
import redisproxy.upstream.connection.Transport;

/** The feed, without a socket: its handshake, invalidations, fences, and end. */
class FeedTest {
  private static final String HANDSHAKE =
      "*2 $5 HELLO $1 3 *3 $6 CLIENT $7 SETNAME $16 redis-proxy-feed"
          + " *4 $6 CLIENT $8 TRACKING $2 ON $5 BCAST *1 $4 PING ";

  private static final String WELCOME = "%1 $7 version $6 7.0.15 +OK +OK +PONG ";
  private static final String PING = "*1 $4 PING ";

  private final Loop loop = new Loop();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private Feed feed;

  @AfterEach
  void stop() throws Exception {
    loop.run(() -> feed.stop());
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    Settings.Coherence coherence = Configuration.parse(all).coherence();
    Transport transport = loop.transport("redis.backoff-max", "1s");
    feed =
        loop.call(
            () ->
                new Feed(
                    loop.vertx, transport, coherence, () -> System.nanoTime() / 1_000_000, owner));
    loop.run(feed::start);
    loop.connect(0);
  }

  private final Feed.Owner owner =
      new Feed.Owner() {
        @Override
        public void established() {
          told.add("established");
        }

        @Override
        public void lost(String reason) {
          told.add("lost: " + reason);
        }

        @Override
        public void refused(String reason) {
          told.add("refused: " + reason);
        }

        @Override
        public void invalidate(byte[] key) {
          told.add(new String(key, StandardCharsets.UTF_8));
        }

        @Override
        public void invalidateAll() {
          told.add("all");
        }
      };

  private void establish() throws Exception {
    open();
    assertEquals(HANDSHAKE, loop.sent(0));
    loop.reply(0, WELCOME);
    assertEquals(List.of("established"), told);
    assertTrue(feed.isEstablished());
    told.clear();
  }

  @Test
  void keys_areInvalidatedAsTheyArrive() throws Exception {
    establish();
    loop.reply(0, ">2 $10 invalidate *2 $1 a $");
    assertEquals(List.of("a"), told);
    loop.reply(0, "2 bc >2 $10 invalidate _ ");
    assertEquals(List.of("a", "bc", "all"), told);
    assertEquals(2, feed.stats().keys());
    assertEquals(1, feed.stats().flushes());
  }

  @Test
  void prefixes_areTracked() throws Exception {
    open("coherence.prefixes", "user:,item:");
    assertTrue(loop.sent(0).contains("$5 BCAST $6 PREFIX $5 user: $6 PREFIX $5 item: "));
  }

  @Test
  void serverWithoutResp3_refuses() throws Exception {
    open();
    loop.replyLine(0, "-ERR unknown command 'HELLO'");
    assertEquals(List.of("refused: ERR unknown command 'HELLO'"), told);
    assertFalse(loop.isOpen(0));
  }

  @Test
  void loadingServer_isTriedAgain() throws Exception {
    open();
    loop.reply(0, "-LOADING ");
    assertEquals(List.of("lost: LOADING"), told);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> loop.connections.size() == 2);
  }

  /**
   * A fence passes with the reply to a PING that is sent after it. Fences of one turn share a PING.
   */
  @Test
  void fence_passesWithTheNextPong() throws Exception {
    establish();
    loop.run(
        () -> {
          feed.fence(passed -> told.add("first " + passed));
          feed.fence(passed -> told.add("second " + passed));
        });
    assertEquals(PING, loop.sent(0));
    loop.run(() -> feed.fence(passed -> told.add("third " + passed)));
    loop.reply(0, ">2 $10 invalidate *1 $1 a +PONG ");
    assertEquals(List.of("a", "first true", "second true"), told);
    // The third fence was requested after the first PING was sent.
    assertEquals(PING, loop.sent(0));
    loop.reply(0, "+PONG ");
    assertEquals(List.of("a", "first true", "second true", "third true"), told);
  }

  @Test
  void fence_whenTheFeedIsLost_fails() throws Exception {
    establish();
    loop.run(() -> feed.fence(passed -> told.add("fence " + passed)));
    loop.close(0);
    assertEquals(List.of("lost: the connection was closed", "fence false"), told);
    assertFalse(feed.isEstablished());
    loop.run(() -> feed.fence(passed -> told.add("late " + passed)));
    assertEquals("late false", told.get(2));
  }

  @Test
  void replyOtherThanPong_endsTheConnection() throws Exception {
    establish();
    loop.reply(0, "+OK ");
    assertEquals(List.of("lost: unexpected reply from Redis: OK"), told);
    assertFalse(loop.isOpen(0));
  }

  @Test
  void inputThatIsNotResp_endsTheConnection() throws Exception {
    establish();
    loop.reply(0, "HTTP/1.1 ");
    assertEquals(1, told.size());
    assertTrue(told.get(0).startsWith("lost: "), told.get(0));
  }

  @Test
  void connectionToASilentServer_isClosed() throws Exception {
    open("coherence.heartbeat", "100ms");
    loop.reply(0, WELCOME);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> told.size() > 1);
    assertEquals(List.of("established", "lost: no answer within 100 ms"), told.subList(0, 2));
  }

  @Test
  void rearm_replacesTheConnection() throws Exception {
    establish();
    loop.run(feed::rearm);
    assertEquals("lost: replaced by a new connection", told.get(0));
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> loop.connections.size() == 2);
    loop.connect(1);
    loop.reply(1, WELCOME);
    assertTrue(told.contains("established"));
    assertEquals(2, feed.stats().connections());
  }

  @Test
  void stop_silencesTheOwner() throws Exception {
    establish();
    loop.run(() -> feed.fence(passed -> told.add("fence " + passed)));
    loop.run(() -> feed.stop());
    assertEquals(List.of("fence false"), told);
    assertFalse(loop.isOpen(0));
    loop.run(() -> feed.rearm());
    assertEquals(1, loop.connections.size());
  }

  /** Thousands of keys in one read must not block the event loop. */
  @Test
  void floodOfKeys_isReadOverSeveralTurns() throws Exception {
    establish();
    int keys = 5000;
    loop.reply(0, ">2 $10 invalidate *" + keys + " " + "$1 k ".repeat(keys));
    assertTrue(told.size() < keys, told.size() + " at once");
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> told.size() == keys);
  }
}
