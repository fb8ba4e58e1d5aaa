package redisproxy.cache;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Spells {@link Read}s as the front does. Strings have one ISO 8859-1 character for each byte. */
final class SpelledRead {
  static final int POINT = Read.ARGUMENTS;
  static final int RANGE = Read.ARGUMENTS | Read.RANGE;

  private SpelledRead() {}

  /** A read of these flags, this command and these arguments behind the key. */
  static Read of(int flags, String... words) {
    List<byte[]> parts =
        List.of(words).stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList();
    byte[] bytes = new byte[1 + parts.stream().mapToInt(part -> 2 + part.length).sum()];
    bytes[0] = (byte) flags;
    int at = 1;
    for (byte[] part : parts) {
      at = Read.putLength(bytes, at, part.length);
      System.arraycopy(part, 0, bytes, at, part.length);
      at += part.length;
    }
    return Read.copyOf(bytes, 0, bytes.length);
  }

  static Read point(String field) {
    return of(POINT, "hget", field);
  }

  static Read range(int from) {
    return of(RANGE, "lrange", Integer.toString(from), "-1");
  }
}
