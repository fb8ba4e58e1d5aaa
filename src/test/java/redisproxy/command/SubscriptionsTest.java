package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The counts are those in Redis's confirmations: channels and patterns together, sharded channels
 * separately.
 */
class SubscriptionsTest {
  private static final long SEED = Long.getLong("test.seed", 20_265);

  private final Subscriptions subscriptions = new Subscriptions();

  @Test
  void any_whenNothingWasConfirmed_isFalse() {
    assertFalse(subscriptions.any());
    subscriptions.confirmed("unsubscribe", 0);
    subscriptions.confirmed("punsubscribe", 0);
    subscriptions.confirmed("sunsubscribe", 0);
    assertFalse(subscriptions.any());
  }

  @Test
  void any_whileAnyKindIsLeft_isTrue() {
    for (String kind : List.of("", "p", "s")) {
      subscriptions.confirmed(kind + "subscribe", 1);
      assertTrue(subscriptions.any(), kind);
      subscriptions.confirmed(kind + "unsubscribe", 0);
      assertFalse(subscriptions.any(), kind);
    }
    subscriptions.confirmed("ssubscribe", 1);
    subscriptions.confirmed("subscribe", 1);
    subscriptions.confirmed("unsubscribe", 0);
    assertTrue(subscriptions.any());
    subscriptions.confirmed("sunsubscribe", 0);
    assertFalse(subscriptions.any());
  }

  @Test
  void confirmationsOfAll_withoutSubscriptions_isOne() {
    for (String command : List.of("unsubscribe", "punsubscribe", "sunsubscribe")) {
      assertEquals(1, subscriptions.confirmationsOfAll(command));
    }
  }

  @Test
  void confirmationsOfAll_isOneForEachOfItsKind() {
    subscriptions.confirmed("subscribe", 1);
    subscriptions.confirmed("psubscribe", 2);
    subscriptions.confirmed("subscribe", 3);
    subscriptions.confirmed("ssubscribe", 1);
    subscriptions.confirmed("subscribe", 4);
    subscriptions.confirmed("ssubscribe", 2);
    subscriptions.confirmed("psubscribe", 5);
    assertEquals(3, subscriptions.confirmationsOfAll("unsubscribe"));
    assertEquals(2, subscriptions.confirmationsOfAll("punsubscribe"));
    assertEquals(2, subscriptions.confirmationsOfAll("sunsubscribe"));
  }

  @Test
  void confirmed_ofAChannelTwice_countsItOnce() {
    subscriptions.confirmed("subscribe", 1);
    subscriptions.confirmed("psubscribe", 2);
    subscriptions.confirmed("subscribe", 2);
    subscriptions.confirmed("punsubscribe", 1);
    subscriptions.confirmed("punsubscribe", 1);
    subscriptions.confirmed("subscribe", 2);
    assertEquals(2, subscriptions.confirmationsOfAll("unsubscribe"));
    assertEquals(1, subscriptions.confirmationsOfAll("punsubscribe"));
  }

  @Test
  void clear_endsAll() {
    subscriptions.confirmed("subscribe", 1);
    subscriptions.confirmed("subscribe", 2);
    subscriptions.confirmed("psubscribe", 3);
    subscriptions.confirmed("psubscribe", 4);
    subscriptions.confirmed("ssubscribe", 1);
    subscriptions.confirmed("ssubscribe", 2);
    subscriptions.clear();
    assertFalse(subscriptions.any());
    for (String command : List.of("unsubscribe", "punsubscribe", "sunsubscribe")) {
      assertEquals(1, subscriptions.confirmationsOfAll(command));
    }
    subscriptions.confirmed("psubscribe", 1);
    assertEquals(1, subscriptions.confirmationsOfAll("unsubscribe"));
    subscriptions.confirmed("psubscribe", 2);
    assertEquals(2, subscriptions.confirmationsOfAll("punsubscribe"));
  }

  /** Compares with a model of the server that knows the channels by name. */
  @Test
  void confirmed_inAnyOrder_countsWhatTheServerCounts() {
    Random random = new Random(SEED);
    Map<String, Set<Integer>> server = new HashMap<>();
    for (String kind : List.of("", "p", "s")) {
      server.put(kind, new HashSet<>());
    }
    for (int step = 0; step < 100_000; step++) {
      String kind = List.of("", "p", "s").get(random.nextInt(3));
      boolean ends = random.nextInt(5) < 2;
      int channel = random.nextInt(6);
      if (ends) {
        server.get(kind).remove(channel);
      } else {
        server.get(kind).add(channel);
      }
      int sharded = server.get("s").size();
      int common = server.get("").size() + server.get("p").size();
      String command = kind + (ends ? "unsubscribe" : "subscribe");
      subscriptions.confirmed(command, kind.equals("s") ? sharded : common);
      String context = "-Dtest.seed=" + SEED + ", step " + step;
      assertEquals(sharded + common > 0, subscriptions.any(), context);
      for (String each : server.keySet()) {
        int expected = Math.max(1, server.get(each).size());
        assertEquals(expected, subscriptions.confirmationsOfAll(each + "unsubscribe"), context);
      }
    }
  }
}
