package redisproxy.upstream.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.upstream.Loop;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** One connection of the feed, without a socket and with the test's own clock. */
class FeedConnectionTest {
  private static final int CONNECT_TIMEOUT = 2_000;
  private static final int PERIOD = 1_000;
  private static final int MAX_PER_TURN = 1024;
  private static final String PING = "*1 $4 PING ";

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final Map<String, Runnable> whenTold = new HashMap<>();
  private FeedConnection connection;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void record(String what) {
    told.add(what);
    whenTold.getOrDefault(what, () -> {}).run();
  }

  private final FeedConnection.Owner owner =
      new FeedConnection.Owner() {
        @Override
        public void established() {
          record("established");
        }

        @Override
        public void invalidate(byte[] key) {
          record(new String(key, StandardCharsets.US_ASCII));
        }

        @Override
        public void invalidateAll() {
          record("all");
        }

        @Override
        public void pinged(boolean answered) {
          record(answered ? "answered" : "pinged");
        }

        @Override
        public void ended(String reason, boolean refused) {
          record((refused ? "refused: " : "ended: ") + reason);
        }
      };

  private void open() throws Exception {
    Settings.Coherence coherence =
        Configuration.parse(Map.of("coherence.heartbeat", PERIOD + "ms")).coherence();
    Transport transport = loop.transport("redis.connect-timeout", CONNECT_TIMEOUT + "ms");
    connection =
        loop.call(
            () -> new FeedConnection(time.vertx, transport, coherence, loop.context, time, owner));
    loop.run(connection::open);
  }

  /** Opens a connection that tracks keys, to a server for which a fence needs this many PINGs. */
  private void establish(int pingsPerFence) throws Exception {
    open();
    loop.connect(0);
    loop.sent(0);
    loop.reply(
        0, "%1 $7 version $5 " + (pingsPerFence == 1 ? "7.0.1" : "8.0.1") + " +OK +OK +PONG ");
    assertTold("established");
  }

  private void establish() throws Exception {
    establish(1);
  }

  /** Checks the events since the last check. */
  private void assertTold(String... expected) {
    assertEquals(List.of(expected), told);
    told.clear();
  }

  private void fence(String name) throws Exception {
    loop.run(() -> addFence(name));
  }

  private void addFence(String name) {
    connection.fence(passed -> record(name + (passed ? " passes" : " fails")));
  }

  private static String keys(int count) {
    return ">2 $10 invalidate *" + count + " " + "$1 k ".repeat(count);
  }

  private void assertKeysTold(int count) {
    assertEquals(count, told.size());
    assertTrue(told.stream().allMatch("k"::equals));
  }

  // The handshake's deadline

  @Test
  void incompleteHandshake_endsTheConnectionAtItsDeadline() throws Exception {
    open();
    loop.connect(0);
    fence("a");
    assertTold("a fails");
    loop.reply(0, "%1 $7 version $5 7.0.1 +OK +OK ");
    time.pass(CONNECT_TIMEOUT - 1);
    assertTold();
    time.pass(1);
    assertTold("ended: no answer within 2000 ms");
    assertFalse(loop.isOpen(0));
    assertEquals(0, time.pending());
  }

  /** Invalidations may come before the last reply of the handshake. */
  @Test
  void keysWithinTheHandshake_areInvalidated() throws Exception {
    open();
    loop.connect(0);
    loop.reply(0, "%1 $7 version $5 7.0.1 +OK +OK " + keys(1) + "+PONG ");
    assertTold("k", "established");
  }

  // Beats

  @Test
  void unansweredPing_endsTheConnectionAtTheNextBeat() throws Exception {
    establish();
    time.pass(2 * PERIOD);
    assertTold("pinged", "ended: no answer within 1000 ms");
    assertFalse(loop.isOpen(0));
    assertEquals(0, time.pending());
  }

  @Test
  void pauseOfTheJvm_countsAsOneBeat() throws Exception {
    establish();
    time.pass(PERIOD);
    time.standStill(20 * PERIOD);
    assertTold("pinged");
    loop.reply(0, "+PONG ");
    assertTold("answered");
    assertEquals(PING, loop.sent(0));
  }

  @Test
  void unexpectedPong_endsTheConnection() throws Exception {
    establish();
    loop.reply(0, "+PONG ");
    assertTold("ended: unexpected reply from Redis: PONG");
  }

  @Test
  void replyOtherThanALine_endsTheConnection() throws Exception {
    establish();
    time.pass(PERIOD);
    loop.reply(0, "*1 $1 x ");
    assertTold("pinged", "ended: unexpected reply from Redis");
  }

  // Fences

  @Test
  void fence_whenPongMayOvertakeKeys_needsTwoPings() throws Exception {
    establish(2);
    fence("a");
    assertEquals(PING, loop.sent(0));
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "pinged");
    assertEquals(PING, loop.sent(0), "sent only after the first is answered");
    loop.reply(0, keys(1) + "+PONG ");
    assertTold("k", "answered", "a passes");
    assertEquals("", loop.sent(0));
  }

  /** The reply to a PING that was sent before the fence was requested does not count. */
  @Test
  void fence_countsOnlyLaterPings() throws Exception {
    establish(2);
    fence("a");
    fence("b");
    loop.reply(0, "+PONG ");
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "pinged", "answered", "a passes", "pinged");
    loop.reply(0, "+PONG ");
    assertTold("answered", "b passes");
    assertEquals(PING.repeat(3), loop.sent(0));
  }

  @Test
  void fence_doesNotPassWithAnEarlierBeatsPing() throws Exception {
    establish();
    time.pass(PERIOD);
    fence("a");
    assertEquals(PING, loop.sent(0), "at most one PING is in flight");
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "pinged");
    loop.reply(0, "+PONG ");
    assertTold("answered", "a passes");
  }

  @Test
  void fenceRequestedAsAnotherPasses_needsOneMorePing() throws Exception {
    establish();
    whenTold.put("a passes", () -> addFence("b"));
    fence("a");
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "a passes", "pinged");
    assertEquals(PING.repeat(2), loop.sent(0));
    loop.reply(0, "+PONG ");
    assertTold("answered", "b passes");
    assertEquals("", loop.sent(0));
  }

  /** Unread invalidations may be those that the fence must wait for. */
  @Test
  void fence_waitsForKeysReadInLaterTurns() throws Exception {
    establish();
    fence("a");
    told.clear();
    loop.reply(0, keys(MAX_PER_TURN + 1) + "+PONG ");
    assertKeysTold(MAX_PER_TURN);
    told.clear();
    time.pass(1);
    assertTold("k", "answered", "a passes");
  }

  @Test
  void fences_whenTheConnectionEnds_failAfterTheOwnerIsTold() throws Exception {
    establish();
    fence("a");
    fence("b");
    loop.close(0);
    assertTold("pinged", "ended: the connection was closed", "a fails", "b fails");
    fence("c");
    assertTold("c fails");
  }

  @Test
  void fenceThatEndsTheConnection_failsTheOthers() throws Exception {
    establish();
    whenTold.put("a passes", () -> connection.end("given up", false));
    loop.run(() -> List.of("a", "b").forEach(this::addFence));
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "a passes", "ended: given up", "b fails");
    assertFalse(loop.isOpen(0));
  }

  @Test
  void connectionThatEndsInTheFencesTurn_isNotPinged() throws Exception {
    establish();
    loop.run(
        () -> {
          addFence("a");
          connection.end("given up", false);
        });
    assertTold("ended: given up", "a fails");
  }

  // Pauses

  @Test
  void flood_isReadOverSeveralTurns() throws Exception {
    establish();
    ByteBuf flood = Loop.buffer(keys(2 * MAX_PER_TURN + 5));
    loop.reply(0, List.of(flood));
    assertKeysTold(MAX_PER_TURN);
    assertFalse(loop.isReading(0));
    time.pass(1);
    assertKeysTold(2 * MAX_PER_TURN);
    assertFalse(loop.isReading(0));
    assertEquals(1, flood.refCnt());
    time.pass(1);
    assertKeysTold(2 * MAX_PER_TURN + 5);
    assertTrue(loop.isReading(0));
    assertEquals(0, flood.refCnt());
  }

  @Test
  void keysOfOneTurn_areCountedTogether() throws Exception {
    establish();
    loop.reply(0, List.of(Loop.buffer(keys(MAX_PER_TURN - 1)), Loop.buffer(keys(3))));
    assertKeysTold(MAX_PER_TURN);
    time.pass(1);
    assertKeysTold(MAX_PER_TURN + 2);
  }

  @Test
  void keysOfSeparateTurns_areCountedSeparately() throws Exception {
    establish();
    for (int turn = 1; turn <= 3; turn++) {
      loop.reply(0, keys(MAX_PER_TURN - 1));
      assertKeysTold(turn * (MAX_PER_TURN - 1));
      assertTrue(loop.isReading(0));
    }
  }

  @Test
  void inputDuringAPause_isReadAfterItInOrder() throws Exception {
    establish();
    loop.reply(0, keys(MAX_PER_TURN + 1));
    told.clear();
    loop.reply(0, ">2 $10 invalidate *1 $1 z >2 $10 invalidate _ ");
    assertTold();
    time.pass(1);
    assertTold("k", "z", "all");
  }

  @Test
  void connectionThatEndsDuringAPause_silencesTheOwner() throws Exception {
    establish();
    ByteBuf flood = Loop.buffer(keys(MAX_PER_TURN + 1));
    loop.reply(0, List.of(flood));
    told.clear();
    loop.run(() -> connection.end("given up", false));
    assertEquals(0, flood.refCnt());
    time.pass(PERIOD);
    assertTold("ended: given up");
  }

  // The end

  /** The owner may have missed keys, as after a lost connection. */
  @Test
  void ownerThatThrows_endsTheConnection() throws Exception {
    establish();
    whenTold.put(
        "k",
        () -> {
          throw new IllegalStateException("a fault");
        });
    ByteBuf keys = Loop.buffer(keys(2));
    loop.reply(0, List.of(keys));
    assertTold("k", "ended: a fault of the proxy");
    assertFalse(loop.isOpen(0));
    assertEquals(0, keys.refCnt());
  }

  @Test
  void ownerThatEndsTheConnection_isNotCalledAgain() throws Exception {
    establish();
    whenTold.put("k", () -> connection.end("given up", false));
    ByteBuf half = Loop.buffer(keys(2) + ">2 $10 inva");
    loop.reply(0, List.of(half));
    assertTold("k", "ended: given up");
    assertEquals(0, half.refCnt());
  }

  @Test
  void close_doesNotTellTheOwner() throws Exception {
    establish();
    fence("a");
    told.clear();
    assertTrue(loop.call(connection::close).succeeded());
    assertFalse(loop.isOpen(0));
    assertEquals(0, time.pending());
    assertTold();
    loop.run(connection::failFences);
    assertTold("a fails");
    ByteBuf late = Loop.buffer(keys(1));
    loop.run(() -> connection.received(late));
    assertEquals(0, late.refCnt());
    loop.run(() -> connection.end("again", false));
    assertTrue(loop.call(connection::close).succeeded());
    assertTold();
  }
}
