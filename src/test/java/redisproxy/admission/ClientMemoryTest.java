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

  /** Sets what a client holds, and reports it. */
  private void holds(String client, long bytes) {
    hasHeld(client, bytes);
    account(client).count();
  }

  /** Sets what a client holds without reporting it. */
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
    // as a closed session does
    accounts.get(client).close();
    holds(client, 5);
  }

  @Test
  void largestClients_areEvictedUntilAnEighthIsFree() {
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
  void clientThatCaughtUp_isKept() {
    holds("a", 60);
    holds("b", 40);
    hasHeld("a", 0);
    holds("c", 60);
    assertEquals(List.of(), evicted);
    holds("c", 73);
    assertEquals(List.of("c"), evicted);
  }

  @Test
  void clientThatGrewUnreported_isEvictedFirst() {
    holds("a", 10);
    holds("b", 50);
    hasHeld("a", 80);
    holds("c", 41);
    assertEquals(List.of("a", "b"), evicted);
  }

  @Test
  void memoryThatWasFreed_noLongerCounts() {
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
   * Otherwise, while clients stay just below the limit, each additional byte would measure
   * thousands of them.
   */
  @Test
  void allClients_areMeasuredOnlyAfterGrowthByAnEighth() {
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
