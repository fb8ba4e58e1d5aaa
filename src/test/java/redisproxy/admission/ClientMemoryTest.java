package redisproxy.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientMemoryTest {
  private final ClientMemory memory = new ClientMemory("test", 100);
  private final List<String> evicted = new ArrayList<>();
  private final Map<String, ClientMemory.Account> accounts = new HashMap<>();
  private final Map<String, Long> held = new HashMap<>();
  private long measurements;

  /** It holds so much from now on, which is told. */
  private void holds(String client, long bytes) {
    hasHeld(client, bytes);
    account(client).count();
  }

  /** The same, and nobody is told. */
  private void hasHeld(String client, long bytes) {
    held.put(client, bytes);
  }

  private ClientMemory.Account account(String client) {
    return accounts.computeIfAbsent(
        client, name -> memory.open(() -> measure(name), () -> evict(name)));
  }

  private long measure(String client) {
    measurements++;
    return held.get(client);
  }

  private void evict(String client) {
    evicted.add(client);
    // as a session does that is closed
    accounts.get(client).close();
    holds(client, 5);
  }

  @Test
  void whoHoldsMost_isCutOffFirst_untilAnEighthIsFree() {
    holds("a", 40);
    holds("b", 30);
    holds("c", 30);
    assertEquals(List.of(), evicted);
    holds("d", 1);
    assertEquals(List.of("a"), evicted);
    holds("d", 100);
    assertEquals(List.of("a", "d"), evicted);
    holds("e", 28);
    assertEquals(List.of("a", "d"), evicted);
    holds("c", 69);
    assertEquals(List.of("a", "d", "c"), evicted);
  }

  @Test
  void whoHasReadMeanwhile_isNotCutOff() {
    holds("a", 60);
    holds("b", 40);
    hasHeld("a", 0);
    holds("c", 60);
    assertEquals(List.of(), evicted);
    holds("c", 73);
    assertEquals(List.of("c"), evicted);
  }

  @Test
  void whoHasMoreMeanwhile_isCutOffFirst() {
    holds("a", 10);
    holds("b", 50);
    hasHeld("a", 80);
    holds("c", 41);
    assertEquals(List.of("a", "b"), evicted);
  }

  @Test
  void whatIsReadOrEnded_countsNoMore() {
    for (int i = 0; i < 1_000; i++) {
      holds("a", 80);
      holds("a", 0);
      holds("b" + i, 80);
      accounts.get("b" + i).close();
    }
    assertEquals(List.of(), evicted);
    holds("c", 100);
    assertEquals(List.of(), evicted);
  }

  /**
   * Or each byte more would have thousands of clients asked, while they hold just what they may.
   */
  @Test
  void allAreMeasured_onlyAfterAnEighthMoreWasCounted() {
    ClientMemory large = new ClientMemory("test", 1_000_000);
    long[] bytes = new long[1_000];
    for (int i = 0; i < bytes.length; i++) {
      int client = i;
      bytes[i] = 990;
      large
          .open(
              () -> {
                measurements++;
                return bytes[client];
              },
              () -> bytes[client] = 0)
          .count();
    }
    ClientMemory.Account another = large.open(() -> bytes[0], () -> {});
    measurements = 0;
    for (int i = 0; i < 100_000; i++) {
      bytes[0] = 990 + i;
      another.count();
    }
    assertTrue(measurements < 5_000, "measured " + measurements + " times");
  }
}
