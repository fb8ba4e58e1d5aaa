package redisproxy.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import redisproxy.bus.Bus.Answers;
import redisproxy.bus.Bus.Lookups;
import redisproxy.bus.Bus.Requester;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.config.Log;

/** The fronts' end of the bus. The test plays the cache. */
@ExtendWith(VertxExtension.class)
class FrontTest {
  private static final Log SLOW =
      new Log(Log.Level.INFO, Log.Format.TEXT, Duration.ofMillis(1), false);

  private final List<Lookups> received = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private Context context;
  private Front front;

  @BeforeEach
  void deploy(Vertx vertx, VertxTestContext test) {
    Bus.register(vertx);
    context = vertx.getOrCreateContext();
    context.runOnContext(
        on -> {
          front = new Front(vertx, context, new SlowLookups("resp", SLOW));
          vertx
              .eventBus()
              .<Lookups>localConsumer(Bus.LOOKUPS, message -> received.add(message.body()));
          test.completeNow();
        });
  }

  private static Key key(String text) {
    return Key.of(0, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static Entry entry(String key) {
    return Entry.value(key(key), key.getBytes(StandardCharsets.US_ASCII), 0, 1);
  }

  private Requester requester(String name) {
    return new Requester() {
      @Override
      public void answered(int ticket, Answer answer, boolean hit) {
        events.add(name + ticket + (hit ? " hit" : " loaded"));
      }

      @Override
      public void answersEnd() {
        events.add(name + " end");
        if (name.equals("faulty")) {
          throw new IllegalStateException("thrown by the test");
        }
      }

      @Override
      public void broken(Throwable fault) {
        events.add(name + " broken");
      }
    };
  }

  private static String keyOf(Lookups lookups, int i) {
    return new String(
        lookups.keys, lookups.keyStart(i), lookups.keyLength(i), StandardCharsets.US_ASCII);
  }

  @Test
  void lookups_ofOneTurn_areSentAsOneMessage(VertxTestContext test) {
    context.runOnContext(
        turn -> {
          for (int i = 0; i < 100; i++) {
            front.lookup(requester("a"), i, key("key" + i));
          }
          assertEquals(0, received.size(), "nothing is sent before the turn ends");
          context.owner().setTimer(20, later -> test.verify(() -> assertOneBatchOf100(test)));
        });
  }

  private void assertOneBatchOf100(VertxTestContext test) {
    assertEquals(1, received.size());
    Lookups lookups = received.get(0);
    assertEquals(100, lookups.size);
    for (int i = 0; i < 100; i++) {
      assertEquals("key" + i, keyOf(lookups, i));
      assertEquals(key("key" + i).hashCode(), lookups.hashes[i]);
      assertEquals(i, lookups.tickets[i]);
    }
    test.completeNow();
  }

  @Test
  void lookups_whenTheBatchIsFull_areSentBeforeTheTurnEnds(VertxTestContext test) {
    context.runOnContext(
        turn -> {
          for (int i = 0; i < 2500; i++) {
            front.lookup(requester("a"), i, key("key" + i));
          }
          context
              .owner()
              .setTimer(
                  20,
                  later ->
                      test.verify(
                          () -> {
                            assertEquals(
                                List.of(1024, 1024, 452),
                                received.stream().map(l -> l.size).toList());
                            test.completeNow();
                          }));
        });
  }

  @Test
  void answers_whenOneAskerThrows_stillReachTheOthers(Vertx vertx, VertxTestContext test) {
    context.runOnContext(
        turn -> {
          front.lookup(requester("faulty"), 1, key("x"));
          front.lookup(requester("b"), 2, key("y"));
          vertx.setTimer(
              20,
              sent -> {
                Lookups lookups = received.get(0);
                lookups.answers[0] = entry("x");
                lookups.answers[1] = entry("y");
                vertx.eventBus().send(lookups.replyTo, lookups, Bus.BY_REFERENCE);
                vertx.setTimer(20, answered -> test.verify(() -> assertOthersAnswered(test)));
              });
        });
  }

  private void assertOthersAnswered(VertxTestContext test) {
    assertEquals(List.of("faulty1 hit", "faulty end", "faulty broken", "b2 hit", "b end"), events);
    test.completeNow();
  }

  @Test
  void answers_areHandedOutAndTheBatchIsReused(Vertx vertx, VertxTestContext test) {
    Requester a = requester("a");
    Requester b = requester("b");
    context.runOnContext(
        turn -> {
          front.lookup(a, 1, key("x"));
          front.lookup(a, 2, key("y"));
          front.lookup(b, 3, key("z"));
          vertx.setTimer(
              20,
              sent -> {
                Lookups lookups = received.get(0);
                lookups.answers[0] = entry("x");
                lookups.answers[2] = entry("z");
                vertx.eventBus().send(lookups.replyTo, lookups, Bus.BY_REFERENCE);
                Answers late = new Answers();
                late.add(a, 2, entry("y"), key("y"), System.nanoTime());
                vertx.eventBus().send(lookups.replyTo, late, Bus.BY_REFERENCE);
                vertx.setTimer(20, answered -> test.verify(() -> assertHandedOut(vertx, test)));
              });
        });
  }

  private void assertHandedOut(Vertx vertx, VertxTestContext test) {
    assertEquals(List.of("a1 hit", "a end", "b3 hit", "b end", "a2 loaded", "a end"), events);
    Lookups first = received.get(0);
    assertEquals(0, first.size);
    assertTrue(
        first.requesters[0] == null && first.answers[0] == null, "the batch holds no references");
    front.lookup(requester("c"), 1, key("1"));
    vertx.setTimer(
        20,
        sent -> {
          front.lookup(requester("c"), 2, key("2"));
          vertx.setTimer(
              20,
              again ->
                  test.verify(
                      () -> {
                        assertSame(first, received.get(2));
                        assertEquals("2", keyOf(first, 0));
                        test.completeNow();
                      }));
        });
  }
}
