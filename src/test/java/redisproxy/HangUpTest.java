package redisproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class HangUpTest {
  private final AtomicInteger done = new AtomicInteger();

  @Test
  void whatComesEarly_isDoneOnce_whenThereIsSomethingToDo() {
    HangUp hangUp = HangUp.taken();
    hangUp.come();
    hangUp.come();
    hangUp.handle(done::incrementAndGet);
    assertEquals(1, done.get());
    hangUp.come();
    assertEquals(2, done.get());
  }

  /** Unheard, it would end this process. */
  @Test
  void signal_isHeardBeforeThereIsAnythingToDo() throws Exception {
    HangUp hangUp = HangUp.taken();
    signal();
    hangUp.handle(done::incrementAndGet);
    Awaitility.await().until(() -> done.get() == 1);
    signal();
    Awaitility.await().until(() -> done.get() == 2);
  }

  private static void signal() throws Exception {
    String self = "" + ProcessHandle.current().pid();
    assertEquals(0, new ProcessBuilder("kill", "-HUP", self).start().waitFor());
  }
}
