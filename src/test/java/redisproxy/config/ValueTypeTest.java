package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueTypeTest {
  private static final ValueType<Long> SIZE = ValueType.size("0", "8GiB");
  private static final ValueType<Duration> DURATION = ValueType.duration("0", "365d");
  private static final ValueType<Integer> INTEGER = ValueType.integer(0, 65535);

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "7B, 7",
    "1KiB, 1024",
    "16MiB, 16777216",
    "2GiB, 2147483648",
    "1KB, 1000",
    "3MB, 3000000",
    "1GB, 1000000000",
    "8GiB, 8589934592"
  })
  void size_accepts(String text, long bytes) {
    assertEquals(bytes, SIZE.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "250, 250",
    "500ms, 500",
    "60s, 60000",
    "5m, 300000",
    "1h, 3600000",
    "365d, 31536000000"
  })
  void duration_accepts(String text, long millis) {
    assertEquals(Duration.ofMillis(millis), DURATION.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "1e3",
        "0x10",
        "010",
        "00",
        "1_000",
        "1,000",
        "1 ",
        " 1",
        "1 s",
        "1 KiB",
        "s",
        "KiB",
        "1:30",
        "٣",
        "１",
        "999999999999999999",
        "9999999999999999999999",
        "999999999999999999d",
        "999999999999999999GiB",
        "1\n",
        "1kib",
        "1K",
        "1M",
        "1S",
        "1w",
        "∞",
        "NaN",
        "null",
        "true"
      })
  void numbers_refuse(String text) {
    assertThrows(IllegalArgumentException.class, () -> SIZE.parse(text));
    assertThrows(IllegalArgumentException.class, () -> DURATION.parse(text));
    assertThrows(IllegalArgumentException.class, () -> INTEGER.parse(text));
  }

  @Test
  void bounds_areInclusive() {
    assertEquals(0, INTEGER.parse("0"));
    assertEquals(65535, INTEGER.parse("65535"));
    assertThrows(IllegalArgumentException.class, () -> INTEGER.parse("65536"));
    assertThrows(IllegalArgumentException.class, () -> DURATION.parse("31536000001"));
    assertThrows(IllegalArgumentException.class, () -> SIZE.parse("8589934593"));
    // 2^32 must not wrap around to 0.
    ValueType<Integer> anyInt = ValueType.integer(0, Integer.MAX_VALUE);
    assertThrows(IllegalArgumentException.class, () -> anyInt.parse("4294967296"));
    ValueType<Integer> intSize = ValueType.intSize("0", "64MiB");
    assertThrows(IllegalArgumentException.class, () -> intSize.parse("4GiB"));
  }

  @Test
  void refusal_saysWhatIsExpected() {
    var refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> ValueType.auto(ValueType.integer(1, 9)).parse("ten"));
    assertEquals("expected auto or a decimal number 1..9", refusal.getMessage());
  }

  @Test
  void auto_isEmpty() {
    ValueType<Optional<Integer>> type = ValueType.auto(ValueType.integer(1, 9));
    assertEquals(Optional.empty(), type.parse("auto"));
    assertEquals(Optional.of(9), type.parse("9"));
    assertThrows(IllegalArgumentException.class, () -> type.parse("10"));
  }

  @Test
  void names_ignoreCase() {
    assertEquals(Log.Level.WARN, ValueType.enumeration(Log.Level.class).parse("WARN"));
    assertTrue(ValueType.bool().parse("True"));
    for (String text : new String[] {"yes", "on", "1", "", "t"}) {
      assertThrows(IllegalArgumentException.class, () -> ValueType.bool().parse(text));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "::1", "fe80::1%eth0", "my_host.local"})
  void host_accepts(String text) {
    assertEquals(text, ValueType.host().parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "[::1]", "a b", "http://x", "*", "host/", "ü"})
  void host_refuses(String text) {
    assertThrows(IllegalArgumentException.class, () -> ValueType.host().parse(text));
  }
}
