package redisproxy.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NoLeaksTest {
  @Test
  void releasedBuffer_isNotLost() throws Exception {
    ByteBufAllocator.DEFAULT.buffer(1).release();

    assertEquals(List.of(), NoLeaks.found());
  }

  @Test
  void lostBuffer_isReportedOnce_withItsOriginAndTestClass() throws Exception {
    lose();

    List<String> found = NoLeaks.found();

    assertEquals(1, found.size(), found::toString);
    assertTrue(found.get(0).contains(NoLeaksTest.class.getName() + ".lose"), found.get(0));
    assertTrue(
        found.get(0).contains("made while " + NoLeaksTest.class.getName() + " ran"), found.get(0));
    assertEquals(List.of(), NoLeaks.found());
  }

  @Test
  void lostSlice_isFound() throws Exception {
    loseSlice();

    assertEquals(1, NoLeaks.found().size());
  }

  /** Vert.x turns Netty's leak detection off, unless it is set. */
  @Test
  void bufferLostBesideVertx_failsTheClass() throws Exception {
    Vertx.vertx().close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    loseBesideVertx();

    assertThrows(AssertionError.class, () -> new NoLeaks().afterAll(null));
  }

  // One method for each test: Netty reports buffers made and used in the same places only once.

  private static void lose() {
    ByteBufAllocator.DEFAULT.buffer(1);
  }

  private static void loseBesideVertx() {
    ByteBufAllocator.DEFAULT.buffer(1);
  }

  private static void loseSlice() {
    ByteBuf whole = ByteBufAllocator.DEFAULT.buffer(8).writeLong(1);
    whole.retainedSlice(0, 4);
    whole.release();
  }
}
