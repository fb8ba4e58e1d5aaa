package redisproxy.http;

import io.vertx.core.http.HttpHeaders;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * The current time in the format of the Date header (IMF-fixdate). The text is made once a second
 * and shared by all responses of that second. Safe for all threads: two threads that see a new
 * second at the same time both make the same text.
 */
final class HttpDate {
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private record Text(long second, CharSequence value) {
    static Text of(long second) {
      return new Text(
          second, HttpHeaders.createOptimized(IMF_FIXDATE.format(Instant.ofEpochSecond(second))));
    }
  }

  private final LongSupplier millis;
  private volatile Text last = Text.of(0);

  /**
   * Creates a date that follows a clock.
   *
   * @param millis returns the milliseconds since 1970
   */
  HttpDate(LongSupplier millis) {
    this.millis = millis;
  }

  CharSequence now() {
    long second = Math.floorDiv(millis.getAsLong(), 1000L);
    Text text = last;
    if (text.second() != second) {
      text = Text.of(second);
      last = text;
    }
    return text.value();
  }
}
