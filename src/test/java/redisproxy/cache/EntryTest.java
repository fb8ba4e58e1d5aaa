package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryTest {
  private static final Key KEY = Key.of(3, bytes("key"));

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 10, 99, 100, 1000, 70_000})
  void value_holdsTheKeyAndTheBulkString(int length) {
    byte[] value = new byte[length];
    Arrays.fill(value, (byte) '\n');
    Entry entry = Entry.value(KEY, value, 5, 9);
    String resp = "$" + length + "\r\n" + "\n".repeat(length) + "\r\n";
    assertEquals("\3\3key" + resp, text(entry.bytes(), 0, entry.bytes().length));
    assertEquals(resp, text(entry.bytes(), entry.respOffset(), entry.respLength()));
    assertEquals("\n".repeat(length), text(entry.bytes(), entry.valueOffset(), length));
    assertEquals(length, entry.valueLength());
    assertFalse(entry.isMissing());
    assertEquals(5, entry.loadedAt());
    assertEquals(9, entry.expiresAt());
  }

  @Test
  void value_whenTheArrayChangesLater_doesNotChange() {
    byte[] value = bytes("before");
    Entry entry = Entry.value(KEY, value, 0, 1);
    Arrays.fill(value, (byte) 'x');
    assertEquals("before", text(entry.bytes(), entry.valueOffset(), entry.valueLength()));
  }

  @Test
  void missing_hasAKeyAndNoBulkString() {
    Entry entry = Entry.missing(KEY, 5, 9);
    assertTrue(entry.isMissing());
    assertEquals(0, entry.respLength());
    assertEquals(KEY, entry.key());
    assertEquals(5, entry.loadedAt());
    assertEquals(9, entry.expiresAt());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 127, 128, 255, 256, 70_000})
  void value_keepsAKeyOfAnyLengthInAnyDatabase(int number) {
    for (int db : new int[] {0, 127, 128, 255, 256, Integer.MAX_VALUE}) {
      Key key = Key.of(db, "k".repeat(number).getBytes(StandardCharsets.US_ASCII));
      Entry value = Entry.value(key, bytes("value"), 0, 1);
      Entry missing = Entry.missing(key, 0, 1);
      assertEquals(key, value.key());
      assertEquals(key, missing.key());
      assertEquals("$5\r\nvalue\r\n", text(value.bytes(), value.respOffset(), value.respLength()));
      assertEquals("value", text(value.bytes(), value.valueOffset(), value.valueLength()));
      assertTrue(missing.isMissing());
      assertTrue(value.is(db, key.bytes(), 0, number));
      assertFalse(value.is(db ^ 1, key.bytes(), 0, number));
      assertFalse(value.is(db, bytes("x" + "k".repeat(number)), 0, number + 1));
    }
  }

  @Test
  void key_isACopyWithTheSameHash() {
    Entry entry = Entry.missing(KEY, 0, 1);
    assertEquals(KEY, entry.key());
    assertEquals(KEY.hashCode(), entry.key().hashCode());
    assertNotSame(KEY.bytes(), entry.key().bytes());
  }

  @Test
  void is_onlyForTheSameDatabaseAndBytes() {
    Entry entry = Entry.value(Key.of(2, bytes("abc")), bytes("v"), 0, 1);
    byte[] buffer = bytes("xxabcd");
    assertTrue(entry.is(2, buffer, 2, 3));
    assertFalse(entry.is(1, buffer, 2, 3));
    assertFalse(entry.is(2, buffer, 2, 4));
    assertFalse(entry.is(2, buffer, 2, 2));
    assertFalse(entry.is(2, buffer, 1, 3));
    assertFalse(entry.is(2, bytes("abc$"), 0, 4), "the value's bytes are not the key's");
  }

  @Test
  void expiresAt_isAtMostAnIntOfMillisecondsAfterTheLoad() {
    Entry entry = Entry.value(KEY, bytes("v"), 5, Long.MAX_VALUE);
    assertEquals(5, entry.loadedAt());
    assertEquals(5L + Integer.MAX_VALUE, entry.expiresAt());
    assertEquals(5, Entry.value(KEY, bytes("v"), 5, 3).expiresAt(), "never kept");
  }

  @Test
  void weight_ofALargeValue_isItsG1Regions() {
    int around = Entry.OVERHEAD + Entry.DESCRIPTION;
    int rest = "--key$524000\r\n\r\n".length();
    assertEquals(around + rest + 524_000, value("v".repeat(524_000)).weight());
    assertEquals(around + (1 << 20), value("v".repeat(525_000)).weight());
    assertEquals(around + (2 << 20), value("v".repeat(1 << 20)).weight());
    int header = 16;
    String exact = "v".repeat((1 << 20) - header - "--key$1048000\r\n\r\n".length());
    assertEquals(around + (1 << 20), value(exact).weight());
    assertEquals(around + (2 << 20), value(exact + "v").weight());
  }

  @Test
  void description_ofALongValue_isKeptAndCounted() {
    int rest = "--key$4000\r\n\r\n".length();
    Entry shorter = value("v".repeat(Entry.LONG - rest - 1));
    Entry longer = value("v".repeat(Entry.LONG - rest));
    assertEquals(Entry.OVERHEAD + Entry.LONG - 1, shorter.weight());
    assertEquals(Entry.OVERHEAD + Entry.DESCRIPTION + Entry.LONG, longer.weight());
    assertNotSame(shorter.etag(), shorter.etag());
    assertSame(longer.etag(), longer.etag());
    assertEquals(Digest.of(longer.bytes(), rest - 2, longer.valueLength()), longer.etag());
    assertTrue(longer.isUtf8());
    byte[] blob = "v".repeat(Entry.LONG).getBytes(StandardCharsets.US_ASCII);
    blob[Entry.LONG - 1] = (byte) 0xc3;
    assertFalse(Entry.value(KEY, blob, 0, 1).isUtf8());
  }

  @Test
  void weight_isTheArrayAndTheOverhead() {
    assertEquals(Entry.OVERHEAD + 5, Entry.missing(KEY, 0, 1).weight());
    assertEquals(Entry.OVERHEAD + "--key$5\r\nvalue\r\n".length(), value("value").weight());
    Key longestWithAShortHead = Key.of(127, new byte[127]);
    assertEquals(Entry.OVERHEAD + 2 + 127, Entry.missing(longestWithAShortHead, 0, 1).weight());
  }

  @Test
  void etag_dependsOnlyOnTheValue() {
    Entry other = Entry.value(Key.of(0, bytes("another")), bytes("value"), 8, 9);
    assertEquals(value("value").etag(), other.etag());
    assertEquals(other.etag(), other.etag());
    assertNotEquals(value("value").etag(), value("value ").etag());
    assertNotEquals(value("value").etag(), value("").etag());
    assertEquals(Digest.of(bytes("value"), 0, 5), other.etag());
  }

  @Test
  void isUtf8_dependsOnlyOnTheValue() {
    Key binary = Key.of(0, new byte[] {(byte) 0xff});
    Entry text = Entry.value(binary, "é".getBytes(StandardCharsets.UTF_8), 0, 1);
    Entry blob = Entry.value(KEY, new byte[] {'a', (byte) 0xc3}, 0, 1);
    for (int i = 0; i < 2; i++) {
      assertTrue(text.isUtf8(), "the same when asked again");
      assertFalse(blob.isUtf8(), "the same when asked again");
    }
  }

  private static Entry value(String value) {
    return Entry.value(KEY, bytes(value), 0, 1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes, int offset, int length) {
    return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
  }
}
