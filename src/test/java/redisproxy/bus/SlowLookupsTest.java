package redisproxy.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import redisproxy.config.Log;
import redisproxy.metrics.Outcome;

/** Which lookups are logged, and with which keys and values. */
class SlowLookupsTest {
  private static final long MS = 1_000_000;

  private final Logger logger = (Logger) LoggerFactory.getLogger(SlowLookups.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
    logger.setAdditive(false);
    logger.setLevel(Level.WARN);
  }

  @AfterEach
  void restore() {
    logger.detachAppender(logged);
    logger.setAdditive(true);
    logger.setLevel(null);
  }

  private static SlowLookups over(Duration threshold, boolean keys) {
    return new SlowLookups("http", new Log(Log.Level.INFO, Log.Format.TEXT, threshold, keys));
  }

  private static void log(SlowLookups slow, String key) {
    byte[] bytes = ("<" + key + ">").getBytes(StandardCharsets.UTF_8);
    slow.log(Outcome.MISS, 3, bytes, 1, bytes.length - 2, 12 * MS);
  }

  private Map<String, String> event(int i) {
    return logged.list.get(i).getKeyValuePairs().stream()
        .collect(Collectors.toMap(pair -> pair.key, pair -> String.valueOf(pair.value)));
  }

  @Test
  void isSlow_fromTheThresholdOnAndNeverWithoutOne() {
    SlowLookups slow = over(Duration.ofMillis(10), true);
    assertTrue(slow.isSlow(10 * MS));
    assertFalse(slow.isSlow(10 * MS - 1));
    assertFalse(over(Duration.ZERO, true).isSlow(Long.MAX_VALUE));
  }

  @Test
  void log_namesTheLookup() {
    log(over(Duration.ofMillis(1), true), "user:1");
    assertEquals(
        Map.of("key", "user:1", "db", "3", "protocol", "http", "outcome", "miss", "ms", "12"),
        event(0));
  }

  @Test
  void log_withoutKeys_showsADigest() {
    SlowLookups slow = over(Duration.ofMillis(1), false);
    log(slow, "secret");
    log(slow, "secret");
    log(slow, "other");
    assertTrue(event(0).get("key").matches("#[0-9a-f]{16}"), event(0).get("key"));
    assertEquals(event(0).get("key"), event(1).get("key"));
    assertNotEquals(event(0).get("key"), event(2).get("key"));
  }

  @Test
  void log_ofAKeyWithControlCharacters_cannotForgeALine() {
    log(over(Duration.ofMillis(1), true), "a\n2026 level=ERROR msg=\"x\r");
    assertEquals("a?2026 level=ERROR msg=?x?", event(0).get("key"));
  }

  @Test
  void log_ofManyLookups_isLimited() {
    SlowLookups slow = over(Duration.ofMillis(1), true);
    for (int i = 0; i < 5 * SlowLookups.MOST; i++) {
      log(slow, "k");
    }
    int size = logged.list.size();
    assertTrue(size >= SlowLookups.MOST && size < 5 * SlowLookups.MOST, "logged: " + size);
  }
}
