package redisproxy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HttpDateTest {
  private final AtomicLong clock = new AtomicLong();
  private final HttpDate date = new HttpDate(clock::get);

  /** The example of RFC 9110, 5.6.7: the day of the month always has two digits. */
  @Test
  void now_isAnImfFixdate() {
    clock.set(784_111_777_000L);
    assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", date.now().toString());
    clock.set(0);
    assertEquals("Thu, 01 Jan 1970 00:00:00 GMT", date.now().toString());
  }

  @Test
  void now_withinASecond_isTheSameObject() {
    clock.set(784_111_777_000L);
    CharSequence first = date.now();
    clock.set(784_111_777_999L);
    assertSame(first, date.now());
    clock.set(784_111_778_000L);
    assertEquals("Sun, 06 Nov 1994 08:49:38 GMT", date.now().toString());
  }

  @Test
  void now_followsAClockThatIsSetBack() {
    clock.set(784_111_778_000L);
    date.now();
    clock.set(784_111_777_000L);
    assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", date.now().toString());
  }
}
