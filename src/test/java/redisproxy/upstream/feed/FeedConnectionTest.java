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

/** One connection of the feed, without a socket and by a clock of the test's own. */
class FeedConnectionTest {
  private static final int CONNECT_TIMEOUT = 2_000;
  private static final int PERIOD = 1_000;
  private static final int MAX_TOLD = 1024;
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

  private void say(String what) {
    told.add(what);
    whenTold.getOrDefault(what, () -> {}).run();
  }

  private final FeedConnection.Owner owner =
      new FeedConnection.Owner() {
        @Override
        public void established() {
          say("established");
        }

        @Override
        public void invalidate(byte[] key) {
          say(new String(key, StandardCharsets.US_ASCII));
        }

        @Override
        public void invalidateAll() {
          say("all");
        }

        @Override
        public void pinged(boolean answered) {
          say(answered ? "answered" : "pinged");
        }

        @Override
        public void ended(String reason, boolean refused) {
          say((refused ? "refused: " : "ended: ") + reason);
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

  /** A connection that tracks keys, of a server that a fence takes so many PINGs of. */
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

  /** What was told since the last time. */
  private void assertTold(String... expected) {
    assertEquals(List.of(expected), told);
    told.clear();
  }

  private void fence(String name) throws Exception {
    loop.run(() -> addFence(name));
  }

  private void addFence(String name) {
    connection.fence(passed -> say(name + (passed ? " passes" : " fails")));
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
  void handshakeThatIsNotAnsweredAsAWholeInTime_endsIt() throws Exception {
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

  /** What Redis tells before the last answer may already be told. */
  @Test
  void keysWithinTheHandshake_areTold() throws Exception {
    open();
    loop.connect(0);
    loop.reply(0, "%1 $7 version $5 7.0.1 +OK +OK " + keys(1) + "+PONG ");
    assertTold("k", "established");
  }

  // Beats

  @Test
  void pingThatIsNotAnsweredByTheNextBeat_endsIt() throws Exception {
    establish();
    time.pass(2 * PERIOD);
    assertTold("pinged", "ended: no answer within 1000 ms");
    assertFalse(loop.isOpen(0));
    assertEquals(0, time.pending());
  }

  @Test
  void standstill_isOneBeat() throws Exception {
    establish();
    time.pass(PERIOD);
    time.standStill(20 * PERIOD);
    assertTold("pinged");
    loop.reply(0, "+PONG ");
    assertTold("answered");
    assertEquals(PING, loop.sent(0));
  }

  @Test
  void replyToNothing_endsIt() throws Exception {
    establish();
    loop.reply(0, "+PONG ");
    assertTold("ended: unexpected reply from Redis: PONG");
  }

  @Test
  void replyWithoutALine_endsIt() throws Exception {
    establish();
    time.pass(PERIOD);
    loop.reply(0, "*1 $1 x ");
    assertTold("pinged", "ended: unexpected reply from Redis");
  }

  // Fences

  @Test
  void fence_ofAServerThatMayAnswerEarly_takesTwoPings() throws Exception {
    establish(2);
    fence("a");
    assertEquals(PING, loop.sent(0));
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "pinged");
    assertEquals(PING, loop.sent(0), "when the first is answered, not before");
    loop.reply(0, keys(1) + "+PONG ");
    assertTold("k", "answered", "a passes");
    assertEquals("", loop.sent(0));
  }

  /** One that was asked for when a PING had left has no use for its answer. */
  @Test
  void fence_countsPingsThatLeaveAfterIt() throws Exception {
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
  void fence_doesNotPassWithTheBeatBeforeIt() throws Exception {
    establish();
    time.pass(PERIOD);
    fence("a");
    assertEquals(PING, loop.sent(0), "one is in flight at most");
    loop.reply(0, "+PONG ");
    assertTold("pinged", "answered", "pinged");
    loop.reply(0, "+PONG ");
    assertTold("answered", "a passes");
  }

  @Test
  void fenceAskedForAsAnotherPasses_waitsForOnePingMore() throws Exception {
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

  /** Keys that are not read yet may be what a fence is for. */
  @Test
  void fence_waitsForKeysThatAreToldInParts() throws Exception {
    establish();
    fence("a");
    told.clear();
    loop.reply(0, keys(MAX_TOLD + 1) + "+PONG ");
    assertKeysTold(MAX_TOLD);
    told.clear();
    time.pass(1);
    assertTold("k", "answered", "a passes");
  }

  @Test
  void fencesOfAConnectionThatEnds_fail_whenTheOwnerKnows() throws Exception {
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
  void connectionThatEndsInTheTurnOfAFence_isNotPinged() throws Exception {
    establish();
    loop.run(
        () -> {
          addFence("a");
          connection.end("given up", false);
        });
    assertTold("ended: given up", "a fails");
  }

  // Breathing

  @Test
  void flood_isToldInParts_andIsNotReadMeanwhile() throws Exception {
    establish();
    ByteBuf flood = Loop.buffer(keys(2 * MAX_TOLD + 5));
    loop.reply(0, List.of(flood));
    assertKeysTold(MAX_TOLD);
    assertFalse(loop.isReading(0));
    time.pass(1);
    assertKeysTold(2 * MAX_TOLD);
    assertFalse(loop.isReading(0));
    assertEquals(1, flood.refCnt());
    time.pass(1);
    assertKeysTold(2 * MAX_TOLD + 5);
    assertTrue(loop.isReading(0));
    assertEquals(0, flood.refCnt());
  }

  @Test
  void readsOfOneTurn_countTogether() throws Exception {
    establish();
    loop.reply(0, List.of(Loop.buffer(keys(MAX_TOLD - 1)), Loop.buffer(keys(3))));
    assertKeysTold(MAX_TOLD);
    time.pass(1);
    assertKeysTold(MAX_TOLD + 2);
  }

  @Test
  void readsOfSeveralTurns_doNot() throws Exception {
    establish();
    for (int turn = 1; turn <= 3; turn++) {
      loop.reply(0, keys(MAX_TOLD - 1));
      assertKeysTold(turn * (MAX_TOLD - 1));
      assertTrue(loop.isReading(0));
    }
  }

  @Test
  void whatComesDuringABreath_isToldAfterIt_inItsOrder() throws Exception {
    establish();
    loop.reply(0, keys(MAX_TOLD + 1));
    told.clear();
    loop.reply(0, ">2 $10 invalidate *1 $1 z >2 $10 invalidate _ ");
    assertTold();
    time.pass(1);
    assertTold("k", "z", "all");
  }

  @Test
  void connectionThatEndsDuringABreath_tellsNothingMore() throws Exception {
    establish();
    ByteBuf flood = Loop.buffer(keys(MAX_TOLD + 1));
    loop.reply(0, List.of(flood));
    told.clear();
    loop.run(() -> connection.end("given up", false));
    assertEquals(0, flood.refCnt());
    time.pass(PERIOD);
    assertTold("ended: given up");
  }

  // The end

  /** Keys that were not told are as lost as those of a lost connection. */
  @Test
  void fault_ofAReceiver_endsIt() throws Exception {
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
  void receiverThatEndsIt_isToldNothingMore() throws Exception {
    establish();
    whenTold.put("k", () -> connection.end("given up", false));
    ByteBuf half = Loop.buffer(keys(2) + ">2 $10 inva");
    loop.reply(0, List.of(half));
    assertTold("k", "ended: given up");
    assertEquals(0, half.refCnt());
  }

  @Test
  void closed_tellsTheOwnerNothing() throws Exception {
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
