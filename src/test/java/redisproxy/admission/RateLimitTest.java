package redisproxy.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redisproxy.config.Limits;
import redisproxy.config.Limits.Rate;

/** Tests rates of requests with a clock that the test sets. */
class RateLimitTest {
  private static final long SECOND = 1_000_000_000;
  private static final Rate OFF = new Rate(0, 0);

  /** Near the overflow, because a monotonic clock may start at any value. */
  private long now = Long.MAX_VALUE - SECOND;

  private final LiveLimits live = new LiveLimits(new Limits(OFF, OFF, OFF, Duration.ZERO));
  private final RateLimit limit = limit(1);

  private RateLimit limit(int instances) {
    return new RateLimit(live.resp(), instances, () -> now);
  }

  private void set(int perClient, int global) {
    live.set(new Limits(OFF, new Rate(perClient, global), OFF, Duration.ZERO));
  }

  /** How many of these requests, which arrive together, are answered. */
  private static int taken(RateLimit limit, String client, int requests) {
    limit.tick();
    int taken = 0;
    for (int i = 0; i < requests; i++) {
      taken += limit.take(client) ? 1 : 0;
    }
    return taken;
  }

  private int taken(String client, int requests) {
    return taken(limit, client, requests);
  }

  @Test
  void take_withoutALimit_allowsEverything() {
    assertFalse(limit.isOn());
    assertEquals(1000, taken("a", 1000));
  }

  @Test
  void burst_isLimitedToOneSecondsWorth_evenAfterAPause() {
    set(10, 0);
    assertTrue(limit.isOn());
    assertEquals(10, taken("a", 25));
    now += SECOND / 2;
    assertEquals(5, taken("a", 25));
    now += 3600 * SECOND;
    assertEquals(10, taken("a", 25));
  }

  @Test
  void rate_isKept_whenRequestsAreSpreadOut() {
    set(100, 0);
    assertEquals(100, taken("a", 1000));
    int taken = 0;
    for (int i = 0; i < 3000; i++) {
      now += SECOND / 1000;
      taken += taken("a", 1);
    }
    assertEquals(300, taken, 1);
  }

  @Test
  void clients_haveTheirOwnLimitAndACommonLimit() {
    set(10, 15);
    assertEquals(10, taken("a", 20));
    assertEquals(5, taken("b", 20));
    assertEquals(0, taken("c", 20));
    now += SECOND;
    // The refusal by the common limit took no token from c's own bucket.
    assertEquals(10, taken("c", 20));
    assertEquals(5, taken("b", 20));
  }

  @Test
  void refusedRequests_doNotCountAgainstOthers() {
    set(10, 20);
    assertEquals(10, taken("a", 1000));
    assertEquals(10, taken("b", 1000));
  }

  @Test
  void globalLimit_isDividedAmongTheInstances() {
    set(0, 30);
    assertEquals(10, taken(limit(3), "a", 100));
    assertEquals(1, taken(limit(100), "a", 100));
  }

  @Test
  void limits_changeWhileRequestsCome() {
    set(100, 0);
    assertEquals(10, taken("a", 10));
    set(20, 0);
    assertEquals(20, taken("a", 100));
    set(0, 0);
    assertFalse(limit.isOn());
    assertEquals(1000, taken("a", 1000));
    set(5, 0);
    assertEquals(0, taken("a", 100), "what was used up stays used");
    now += SECOND;
    assertEquals(5, taken("a", 100));
  }

  @Test
  void protocols_haveSeparateLimits_atTheStartAndAfterAChange() {
    LiveLimits each = new LiveLimits(new Limits(rate(1), rate(2), rate(3), Duration.ZERO));
    assertEquals(List.of(1, 2, 3), takenOfEach(each));
    each.set(new Limits(rate(4), rate(5), rate(6), Duration.ZERO));
    assertEquals(List.of(4, 5, 6), takenOfEach(each));
  }

  private static Rate rate(int perClient) {
    return new Rate(perClient, 0);
  }

  private List<Integer> takenOfEach(LiveLimits each) {
    return Stream.of(each.http(), each.resp(), each.admin())
        .map(rate -> taken(new RateLimit(rate, 1, () -> now), "a", 100))
        .toList();
  }

  @Test
  void tooManyClients_evictTheOldest() {
    set(1, 0);
    for (int i = 0; i < RecentClients.MOST; i++) {
      assertEquals(1, taken("" + i, 2));
    }
    assertEquals(0, taken("0", 1));
    assertEquals(1, taken("new", 1));
    assertEquals(0, taken("0", 1), "came again meanwhile");
    assertEquals(1, taken("1", 1), "was the oldest");
  }
}
