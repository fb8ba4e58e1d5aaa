package redisproxy.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LogLimitTest {
  @Test
  void events_areAllowedUpToTheLimit() {
    LogLimit limit = new LogLimit(2, TimeUnit.HOURS.toNanos(1));
    assertTrue(limit.allows());
    assertTrue(limit.allows());
    assertFalse(limit.allows());
    assertFalse(limit.allows());
  }

  @Test
  void events_areAllowedAgain_whenThePeriodIsOver() {
    LogLimit limit = new LogLimit(1, 1);
    for (int i = 0; i < 100; i++) {
      assertTrue(limit.allows());
    }
  }

  @Test
  void nextEvent_countsTheSuppressedOnes() {
    Logger logger = (Logger) LoggerFactory.getLogger("redisproxy.log.LogLimitTest");
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    events.start();
    logger.addAppender(events);
    LogLimit limit = new LogLimit(0, TimeUnit.HOURS.toNanos(1));
    limit.allows();
    limit.allows();
    limit.counted(logger.atInfo()).log("first");
    limit.counted(logger.atInfo()).log("second");
    assertEquals(
        List.of("[suppressed=\"2\"]", "null"),
        events.list.stream().map(event -> String.valueOf(event.getKeyValuePairs())).toList());
  }
}
