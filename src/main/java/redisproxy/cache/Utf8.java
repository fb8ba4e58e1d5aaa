package redisproxy.cache;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Checks whether bytes are valid UTF-8 (RFC 3629), without making a string. */
public final class Utf8 {
  private static final int CHUNK = 1024;

  private Utf8() {}

  public static boolean isValid(byte[] buffer, int offset, int length) {
    int end = offset + length;
    int i = offset;
    while (i < end && buffer[i] >= 0) {
      i++;
    }
    return i == end || decodes(ByteBuffer.wrap(buffer, i, end - i));
  }

  private static boolean decodes(ByteBuffer bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    CharBuffer characters = CharBuffer.allocate(CHUNK);
    CoderResult result;
    do {
      characters.clear();
      result = decoder.decode(bytes, characters, true);
    } while (result.isOverflow());
    return result.isUnderflow();
  }
}
