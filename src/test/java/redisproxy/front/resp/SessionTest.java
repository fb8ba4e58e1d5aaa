package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.LiveLimits;
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Lookups;
import redisproxy.bus.Front;
import redisproxy.bus.SlowLookups;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.config.Configuration;
import redisproxy.tls.ToRedis;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.node.Node;

/** A session without a socket, before a cache that the test plays. */
@ExtendWith(VertxExtension.class)
class SessionTest {
  private static final int STEP_MS = 50;

  /** What the cache holds; other keys it does not answer. */
  private final Map<String, String> cache = new HashMap<>();

  private EmbeddedChannel channel;

  /** Who asks for the session. */
  private Bus.Asker asker;

  private void open(Vertx vertx, Context context) {
    Bus.register(vertx);
    vertx.eventBus().<Lookups>localConsumer(Bus.LOOKUPS, message -> answer(message.body()));
    var settings = Configuration.parse(Map.of("resp.max-pending-bytes", "64KiB"));
    Transport transport = new Transport(vertx, settings.redis(), new ToRedis(settings.redis()));
    LiveLimits limits = new LiveLimits(settings.limits());
    Front front = new Front(vertx, context, new SlowLookups("resp", settings.log()));
    Node node =
        new Node(
            vertx,
            transport,
            null,
            new Semaphore(0),
            settings.resp().maxPendingBytes(),
            new Node.Observers(front::invalidate, front::seen, front::moved, front.tally()));
    ClientConnection connection = new ClientConnection();
    new Session(
        connection,
        new Session.Shared(
            front,
            node,
            null,
            FrontLimits.of(limits, limits.resp(), 1),
            settings.resp(),
            0,
            new ClientIds()));
    channel = new EmbeddedChannel(connection);
  }

  private void answer(Lookups lookups) {
    for (int i = 0; i < lookups.size; i++) {
      int start = lookups.keyStart(i);
      String key = new String(lookups.keys, start, lookups.keyLength(i), StandardCharsets.US_ASCII);
      asker = lookups.askers[i];
      if (cache.containsKey(key)) {
        asker.answered(lookups.tickets[i], entry(key), true);
      }
    }
    asker.answersEnd();
  }

  private Entry entry(String key) {
    byte[] value = cache.get(key).getBytes(StandardCharsets.US_ASCII);
    return Entry.value(Key.of(0, key.getBytes(StandardCharsets.US_ASCII)), value, 0, 1);
  }

  private void receive(String requests) {
    channel.writeInbound(Unpooled.copiedBuffer(requests, StandardCharsets.US_ASCII));
  }

  private String written() {
    StringBuilder all = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      String text = out.toString(StandardCharsets.US_ASCII).replace("\r\n", " ");
      all.append(text.length() > 1000 ? "large " : text);
      out.release();
    }
    return all.toString();
  }

  /**
   * One after the other, each when the one before it has been done and nothing more has happened on
   * the event loop for a while.
   */
  private static void inTurn(Vertx vertx, Runnable... steps) {
    if (steps.length > 0) {
      vertx.setTimer(
          STEP_MS,
          id -> {
            steps[0].run();
            inTurn(vertx, Arrays.copyOfRange(steps, 1, steps.length));
          });
    }
  }

  private void answerLate(int ticket, String key, String value) {
    cache.put(key, value);
    asker.answered(ticket, entry(key), false);
    asker.answersEnd();
  }

  @Test
  void requestBehindOneThatWasLetGo_isNotAnsweredBeforeIt(Vertx vertx, VertxTestContext test) {
    cache.put("big", "x".repeat(70_000));
    cache.put("k", "old");
    Context context = vertx.getOrCreateContext();
    context.runOnContext(
        start -> {
          open(vertx, context);
          // The reply of big fills what may be pending, so the answer to k is let go.
          receive("GET x\r\nGET big\r\nGET y\r\nGET k\r\n");
          inTurn(
              vertx,
              () -> answerLate(0, "x", "1"),
              () -> receive("GET k\r\n"),
              () -> cache.put("k", "new"),
              () -> answerLate(2, "y", "2"),
              () -> {
                test.verify(() -> assertEquals("$1 1 large $1 2 $3 new $3 new ", written()));
                test.completeNow();
              });
        });
  }
}
