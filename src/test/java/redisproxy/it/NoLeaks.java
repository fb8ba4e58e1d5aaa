package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Fails a class of tests when a buffer was lost in this process meanwhile: has Netty follow each of
 * them, and looks at what it says. A buffer is found lost when it has been collected, and that is
 * said when the next one is made.
 */
final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
  private static final int COLLECTIONS = 3;
  private static final int PAUSE_MS = 50;

  private final ListAppender<ILoggingEvent> said = new ListAppender<>();
  private ResourceLeakDetector.Level before;

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    // The first of them turns it off in the whole process.
    Vertx.vertx().close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    collect();
    before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    said.start();
    logger().addAppender(said);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    try {
      collect();
    } finally {
      logger().detachAppender(said);
      ResourceLeakDetector.setLevel(before);
    }
    assertEquals(List.of(), said.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  private static void collect() throws InterruptedException {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(PAUSE_MS);
      PooledByteBufAllocator.DEFAULT.directBuffer().release();
    }
  }
}
