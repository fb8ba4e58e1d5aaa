package redisproxy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientMemoryTest {
  private final ClientMemory memory = new ClientMemory(100);
  private final List<String> evicted = new ArrayList<>();
  private final Map<String, ClientMemory.Account> accounts = new HashMap<>();

  private void holds(String client, long bytes) {
    accounts.computeIfAbsent(client, name -> memory.open(() -> evict(name))).set(bytes);
  }

  private void evict(String client) {
    evicted.add(client);
    // as a session does that is closed
    accounts.get(client).close();
    accounts.get(client).set(5);
  }

  @Test
  void whoHoldsMost_isCutOffFirst_untilItIsEnough() {
    holds("a", 40);
    holds("b", 30);
    holds("c", 30);
    assertEquals(List.of(), evicted);
    holds("d", 1);
    assertEquals(List.of("a"), evicted);
    holds("d", 100);
    assertEquals(List.of("a", "d"), evicted);
    holds("c", 70);
    assertEquals(List.of("a", "d"), evicted);
  }

  @Test
  void whatIsReadOrEnded_countsNoMore() {
    for (int i = 0; i < 1_000; i++) {
      holds("a", 90);
      holds("a", 0);
      holds("b" + i, 90);
      accounts.get("b" + i).close();
    }
    assertEquals(List.of(), evicted);
    holds("c", 100);
    assertEquals(List.of(), evicted);
  }
}
