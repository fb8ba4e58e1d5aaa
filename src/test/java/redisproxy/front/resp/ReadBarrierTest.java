package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a session may read from the cache again. */
class ReadBarrierTest {
  private static final long HALF_A_SECOND = 500_000_000;

  /** A route to Redis that the test plays. */
  private static final class Route implements ReadBarrier.Source {
    boolean isQuiet = true;
    boolean hasObserved;

    @Override
    public boolean isQuiet() {
      return isQuiet;
    }

    @Override
    public boolean hasObserved() {
      return hasObserved;
    }

    @Override
    public void forgetObserved() {
      hasObserved = false;
    }
  }

  private final Route shared = new Route();
  private final Route dedicated = new Route();
  private FakeFront front;
  private ReadBarrier barrier;
  private EmbeddedChannel channel;
  private int advanced;
  private long now = Long.MAX_VALUE - HALF_A_SECOND / 2;

  @BeforeEach
  void open() throws Exception {
    front = new FakeFront();
    ClientConnection connection = new ClientConnection();
    connection.receiver(
        new SilentClient() {
          @Override
          public void advance() {
            advanced++;
          }
        });
    channel = new EmbeddedChannel(connection);
    barrier =
        front.loop.call(
            () ->
                new ReadBarrier(
                    connection, front.front, new Route(), shared, dedicated, () -> now));
  }

  @AfterEach
  void stop() throws Exception {
    channel.close();
    front.close();
  }

  private void ask() throws Exception {
    front.loop.run(barrier::requestFence);
    front.settle();
  }

  private void fence(boolean passed) throws Exception {
    front.cache.fence(passed);
    front.settle();
  }

  private void close() {
    dedicated.hasObserved = true;
  }

  @Test
  void barrier_whenNothingWasObserved_isOpen() {
    assertTrue(barrier.isOpen() && barrier.isQuiet() && !barrier.isFencePending());
  }

  @Test
  void barrier_whenOneRouteHasObserved_isClosed() {
    dedicated.hasObserved = true;
    assertFalse(barrier.isOpen());
    assertTrue(barrier.isQuiet());
    dedicated.hasObserved = false;
    shared.hasObserved = true;
    assertFalse(barrier.isOpen());
  }

  @Test
  void barrier_whenSomethingIsUnderWay_isClosed() {
    shared.isQuiet = false;
    assertFalse(barrier.isOpen() || barrier.isQuiet());
    shared.isQuiet = true;
    dedicated.isQuiet = false;
    assertFalse(barrier.isOpen() || barrier.isQuiet());
  }

  @Test
  void fenceThatPasses_opensTheBarrier_andAdvancesTheSession() throws Exception {
    shared.hasObserved = true;
    dedicated.hasObserved = true;
    ask();
    assertTrue(barrier.isFencePending());
    assertFalse(barrier.isOpen());
    assertEquals(0, advanced);
    fence(true);
    assertTrue(barrier.isOpen() && !barrier.isFencePending());
    assertFalse(shared.hasObserved || dedicated.hasObserved);
    assertEquals(1, advanced);
  }

  /** Without a feed, a read does not drop the entries of the cache. */
  @Test
  void fence_dropsNothing_andIsRequestedOnce() throws Exception {
    close();
    ask();
    ask();
    assertEquals(List.of("fence"), front.cache.messages());
    assertEquals(1, front.cache.fences());
  }

  @Test
  void fence_isNotRequested_whileSomethingIsUnderWay() throws Exception {
    close();
    dedicated.isQuiet = false;
    ask();
    assertFalse(barrier.isFencePending());
    assertEquals(0, front.cache.fences());
    dedicated.isQuiet = true;
    ask();
    assertEquals(1, front.cache.fences());
  }

  /** Even a barrier that was open is closed while its fence is under way. */
  @Test
  void barrier_whileAFenceIsUnderWay_isClosed() throws Exception {
    ask();
    assertFalse(barrier.isOpen());
  }

  @Test
  void fenceThatDoesNotPass_keepsTheBarrierClosed_andAdvancesTheSession() throws Exception {
    close();
    ask();
    fence(false);
    assertFalse(barrier.isOpen() || barrier.isFencePending());
    assertTrue(dedicated.hasObserved);
    assertEquals(1, advanced);
  }

  @Test
  void fenceThatDoesNotPass_preventsAnotherForHalfASecond() throws Exception {
    close();
    ask();
    now += HALF_A_SECOND;
    fence(false);
    ask();
    assertFalse(barrier.isFencePending());
    now += HALF_A_SECOND - 1;
    ask();
    assertFalse(barrier.isFencePending());
    now++;
    ask();
    assertTrue(barrier.isFencePending());
    fence(true);
    assertTrue(barrier.isOpen());
  }

  @Test
  void fenceThatPasses_allowsAnotherAtOnce() throws Exception {
    close();
    ask();
    fence(true);
    close();
    ask();
    assertTrue(barrier.isFencePending());
  }

  /** A reply that arrived since then may contain a later write. */
  @Test
  void fenceThatPasses_whenSomethingIsUnderWay_keepsTheBarrierClosed() throws Exception {
    close();
    ask();
    shared.isQuiet = false;
    fence(true);
    shared.isQuiet = true;
    assertFalse(barrier.isOpen());
    ask();
    assertFalse(barrier.isFencePending(), "as if it had not passed");
  }

  @Test
  void fault_endsTheSession() throws Exception {
    front.loop.run(() -> barrier.broken(new IllegalStateException("as the test wants")));
    assertFalse(channel.isOpen());
  }
}
