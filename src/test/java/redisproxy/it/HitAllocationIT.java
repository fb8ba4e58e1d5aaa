package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redisproxy.dev.EmbeddedRedis;

/**
 * A budget for the bytes that a hit allocates, so that a new object per hit is noticed. Unlike
 * times, allocations are the same on every machine.
 */
class HitAllocationIT {
  private static final int BATCHES = 5_000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @RegisterExtension final Opened opened = new Opened();

  /** Netty's leak detection is off: its records of each buffer would be measured too. */
  @BeforeAll
  static void disableLeakDetection() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterAll
  static void enableLeakDetection() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
  }

  @Test
  void hit_inAPipelineOfSixteen_staysWithinItsBudget() {
    // Without sun.misc.Unsafe, which JDK 25 grants only by an option, Netty needs more objects.
    assertWithin(PlatformDependent.hasUnsafe() ? 60 : 130, allocatedPerHit(16));
  }

  @Test
  void hit_alone_staysWithinItsBudget() {
    assertWithin(1_000, allocatedPerHit(1));
  }

  private double allocatedPerHit(int pipeline) {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(Shape.SHARED, redis.url());
    RespClient client = opened.client(proxy);
    client.call("SET", "k", "x".repeat(64));
    String batch = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".repeat(pipeline);
    String replies = ("$64\r\n" + "x".repeat(64) + "\r\n").repeat(pipeline);
    for (int i = 0; i < 2 * BATCHES; i++) {
      play(client, batch, replies);
    }
    long[] loops = loops();
    // Periodic work also allocates, more so on a slow machine. So take the least of three rounds.
    double least = Double.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long[] before = THREADS.getThreadAllocatedBytes(loops);
      for (int i = 0; i < BATCHES; i++) {
        play(client, batch, replies);
      }
      long[] after = THREADS.getThreadAllocatedBytes(loops);
      long allocated = 0;
      for (int loop = 0; loop < loops.length; loop++) {
        // The loops of an earlier proxy may end meanwhile; they then report no allocations.
        allocated += Math.max(0, after[loop] - before[loop]);
      }
      least = Math.min(least, allocated / (double) BATCHES / pipeline);
    }
    return least;
  }

  private static void assertWithin(int budget, double each) {
    assertTrue(each <= budget, each + " bytes allocated for a hit, more than " + budget);
    assertTrue(each > 0, "nothing was measured");
  }

  private static void play(RespClient client, String batch, String replies) {
    client.send(batch);
    assertEquals(replies, new String(client.bytes(replies.length()), StandardCharsets.US_ASCII));
  }

  private static long[] loops() {
    return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
        .filter(thread -> thread != null && thread.getThreadName().contains("eventloop"))
        .mapToLong(java.lang.management.ThreadInfo::getThreadId)
        .toArray();
  }
}
