package redisproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class SighupHandlerTest {
  private final AtomicInteger done = new AtomicInteger();

  @Test
  void signalsBeforeTheTask_runItOnce() {
    SighupHandler sighup = SighupHandler.install();
    sighup.signal();
    sighup.signal();
    sighup.handle(done::incrementAndGet);
    assertEquals(1, done.get());
    sighup.signal();
    assertEquals(2, done.get());
  }

  /** Without a handler the signal would end this process. */
  @Test
  void signalBeforeTheTask_isRemembered() throws Exception {
    SighupHandler sighup = SighupHandler.install();
    signal();
    sighup.handle(done::incrementAndGet);
    Awaitility.await().until(() -> done.get() == 1);
    signal();
    Awaitility.await().until(() -> done.get() == 2);
  }

  private static void signal() throws Exception {
    String self = "" + ProcessHandle.current().pid();
    assertEquals(0, new ProcessBuilder("kill", "-HUP", self).start().waitFor());
  }
}
