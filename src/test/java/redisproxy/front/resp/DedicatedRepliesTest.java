package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Fence;
import redisproxy.bus.Front;
import redisproxy.bus.SlowLookups;
import redisproxy.command.ConnectionState;
import redisproxy.command.OutstandingRequests;
import redisproxy.command.Parsed;
import redisproxy.command.Writes;
import redisproxy.config.Configuration;

/** The replies of a dedicated connection, without a socket. The test plays the cache. */
@ExtendWith(VertxExtension.class)
class DedicatedRepliesTest {
  private static final int STEP_MS = 50;

  private final OutstandingRequests outstanding =
      new OutstandingRequests(new ConnectionState(0, true, own -> false));

  /** The invalidations that the cache received, and the fences that it has not answered. */
  private final List<Writes> invalidated = new ArrayList<>();

  private final List<Fence> fences = new ArrayList<>();
  private final List<ByteBuf> received = new ArrayList<>();

  private EmbeddedChannel channel;
  private Front front;
  private DedicatedReplies replies;
  private int released;

  private void open(Vertx vertx, Context context) {
    Bus.register(vertx);
    vertx
        .eventBus()
        .<Writes>localConsumer(Bus.INVALIDATIONS, message -> invalidated.add(message.body()));
    vertx.eventBus().<Fence>localConsumer(Bus.FENCES, message -> fences.add(message.body()));
    var settings = Configuration.parse(Map.of());
    front = new Front(vertx, context, new SlowLookups("resp", settings.log()));
    ClientConnection connection = new ClientConnection();
    connection.receiver(new SilentClient());
    channel = new EmbeddedChannel(connection);
    replies = new DedicatedReplies(connection, front, outstanding, null, () -> released++);
  }

  private void requested(String... requests) {
    for (String request : requests) {
      outstanding.add(Parsed.line(request));
    }
  }

  private void replied(String text) {
    ByteBuf data =
        Unpooled.copiedBuffer(
            text.replace(" ", "\r\n").replace('_', ' '), StandardCharsets.US_ASCII);
    received.add(data);
    replies.received(data);
    replies.receivedAll();
  }

  private void pass(Vertx vertx, int fence, boolean passed) {
    fences.get(fence).passed = passed;
    vertx.eventBus().send(fences.get(fence).replyTo, fences.get(fence), Bus.BY_REFERENCE);
  }

  private String written() {
    StringBuilder all = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      all.append(out.toString(StandardCharsets.US_ASCII).replace(' ', '_').replace("\r\n", " "));
      out.release();
    }
    return all.toString();
  }

  /** Runs each step after a pause, so that the event loop has finished the step before it. */
  private void inTurn(Vertx vertx, VertxTestContext test, Runnable... steps) {
    Context context = vertx.getOrCreateContext();
    context.runOnContext(
        start -> {
          open(vertx, context);
          step(vertx, test, steps);
        });
  }

  private void step(Vertx vertx, VertxTestContext test, Runnable... steps) {
    if (steps.length == 0) {
      test.verify(() -> received.forEach(data -> assertEquals(0, data.refCnt(), "leaked")));
      test.completeNow();
      return;
    }
    test.verify(steps[0]::run);
    vertx.setTimer(STEP_MS, id -> step(vertx, test, Arrays.copyOfRange(steps, 1, steps.length)));
  }

  @Test
  void replyToAWriteOfUnknownKeys_andLaterReplies_waitForTheFence(
      Vertx vertx, VertxTestContext test) {
    inTurn(
        vertx,
        test,
        () -> requested("PING", "EVAL s 0", "PING", "PING"),
        () -> replied("+a +b +c +d"),
        () -> assertEquals("+a ", written()),
        () -> replied(" "),
        () -> assertEquals("", written()),
        () -> assertTrue(replies.isHolding() && fences.get(0).dropsAll),
        () -> pass(vertx, 0, true),
        () -> assertEquals("+b +c +d ", written()),
        () -> assertFalse(replies.isHolding()),
        () -> assertEquals(1, fences.size()));
  }

  @Test
  void laterWriteOfUnknownKeys_waitsForASecondFence(Vertx vertx, VertxTestContext test) {
    inTurn(
        vertx,
        test,
        () -> requested("EVAL s 0", "EVAL s 0", "EVAL s 0", "PING"),
        () -> replied("+a +b "),
        () -> replied("+c +d "),
        () -> pass(vertx, 0, true),
        () -> assertEquals("+a +b ", written()),
        () -> assertTrue(replies.isHolding() && outstanding.hasTold()),
        () -> pass(vertx, 1, true),
        () -> assertEquals("+c +d ", written()),
        () -> assertFalse(replies.isHolding() || outstanding.hasTold()));
  }

  /** No reply is held in this case, but later replies must still wait. */
  @Test
  void skippedReply_whenItNeedsAFence_holdsLaterReplies(Vertx vertx, VertxTestContext test) {
    inTurn(
        vertx,
        test,
        () -> requested("CLIENT REPLY SKIP", "EVAL s 0", "EVAL s 0", "PING"),
        () -> replied("+a "),
        () -> assertEquals(1, fences.size()),
        () -> replied("+b +c "),
        () -> pass(vertx, 0, true),
        () -> assertEquals("", written()),
        () -> pass(vertx, 1, true),
        () -> assertEquals("+b +c ", written()),
        () -> assertEquals(2, fences.size()));
  }

  @Test
  void fenceThatDoesNotPass_releasesReplies_andKeepsTheBarrierClosed(
      Vertx vertx, VertxTestContext test) {
    inTurn(
        vertx,
        test,
        () -> requested("EVAL s 0"),
        () -> replied("+a "),
        () -> pass(vertx, 0, false),
        () -> assertEquals("+a ", written()),
        () -> assertTrue(outstanding.hasTold()));
  }

  @Test
  void clientThatDisconnects_whileAReplyIsHeld_causesInvalidation(
      Vertx vertx, VertxTestContext test) {
    inTurn(
        vertx,
        test,
        () -> requested("EVAL s 0", "PING", "EVAL s 0"),
        () -> replied("+a +b "),
        () -> replies.close(),
        () -> assertEquals(List.of(Writes.UNKNOWN), invalidated),
        () -> pass(vertx, 0, true),
        () -> replied("+c "),
        () -> assertEquals(List.of(Writes.UNKNOWN, Writes.UNKNOWN), invalidated),
        () -> assertEquals("", written()));
  }

  @Test
  void refusedLogin_isRelayedAtOnce(Vertx vertx, VertxTestContext test) {
    inTurn(
        vertx,
        test,
        () -> requested("PING", "AUTH a", "AUTH b", "PING"),
        () -> replied("+a -WRONGPASS_ -WRONGPASS_ +b "),
        () -> assertEquals("+a -WRONGPASS_ -WRONGPASS_ +b ", written()),
        () -> assertTrue(!replies.isHolding() && outstanding.isAnswered()));
  }
}
