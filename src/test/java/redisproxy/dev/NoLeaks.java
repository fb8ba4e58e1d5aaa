package redisproxy.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class if a Netty buffer was lost in this process: garbage-collected without a
 * release. Makes Netty track every buffer. The report says where the buffer was made, and which
 * test class ran then. A buffer that was still in use when its class ended is found after a later
 * class.
 *
 * <p>With {@code -Dio.netty.leakDetection.targetRecords=10} the report also says where the buffer
 * was used. That takes far more time.
 */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
  private static final String RECORDS = "io.netty.leakDetection.targetRecords";

  private static final long COLLECTED_WITHIN_MS = 30_000;

  private static final Queue<String> LOST = new ConcurrentLinkedQueue<>();

  private static volatile String running = "no test";

  /** Whether a buffer was made since the last check. */
  private static volatile boolean made;

  static {
    // Set this before Netty reads it, and before Vert.x turns leak detection off.
    System.setProperty("io.netty.leakDetection.level", "paranoid");
    if (System.getProperty(RECORDS) == null) {
      System.setProperty(RECORDS, "0");
    }
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(
        new ResourceLeakDetectorFactory() {
          @Override
          @Deprecated
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval, long maxActive) {
            return new Detector<>(resource, samplingInterval);
          }
        });
  }

  /** Collects the reports instead of logging them. */
  private static final class Detector<T> extends ResourceLeakDetector<T> {
    Detector(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    protected Object getInitialHint(String type) {
      made = true;
      return "made while " + running + " ran";
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String type, String records) {
      LOST.add(type + " lost" + records);
    }

    @Override
    protected void reportUntracedLeak(String type) {
      LOST.add(type + " lost");
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    running = context.getRequiredTestClass().getName();
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    assertSame(
        ResourceLeakDetector.Level.PARANOID,
        ResourceLeakDetector.getLevel(),
        "leak detection is off");
    List<String> found = made ? found() : List.of();
    assertEquals(0, found.size(), () -> String.join("\n", found));
  }

  /**
   * When Netty's io_uring event loop ends, it handles the last completions. One of them may begin a
   * read on a socket, whose buffer is then lost with the loop.
   */
  private static boolean isOfAnEndingLoop(String lost) {
    return lost.contains("IoUringIoHandler.destroy") && lost.contains("scheduleFirstRead");
  }

  /** Returns the buffers that were lost since the last call. */
  static List<String> found() throws InterruptedException {
    // After the second collection, what the first one found is in the queue.
    collect();
    collect();
    // Netty reports lost buffers when the next buffer is made.
    ByteBufAllocator.DEFAULT.buffer(1).release();
    made = false;
    List<String> found = new ArrayList<>();
    for (String lost = LOST.poll(); lost != null; lost = LOST.poll()) {
      if (!isOfAnEndingLoop(lost)) {
        found.add(lost);
      }
    }
    return found;
  }

  private static void collect() throws InterruptedException {
    ReferenceQueue<Object> collected = new ReferenceQueue<>();
    WeakReference<Object> reference = new WeakReference<>(new Object(), collected);
    System.gc();
    assertSame(reference, collected.remove(COLLECTED_WITHIN_MS), "nothing was collected");
  }
}
