package redisproxy.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes bytes as a line of text that people can read and edit. Bytes that are not printable become
 * {@code \r}, {@code \n} or {@code \xHH}, and the backslash becomes {@code \\}. The line has no
 * blank at its ends, and does not start with a number sign.
 */
final class Spelling {
  private Spelling() {}

  static String of(byte[] bytes) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      boolean isAtEnd = i == 0 || i == bytes.length - 1;
      switch (b) {
        case '\r' -> line.append("\\r");
        case '\n' -> line.append("\\n");
        case '\\' -> line.append("\\\\");
        default -> {
          if (b > ' ' && b <= '~' && !(b == '#' && i == 0) || b == ' ' && !isAtEnd) {
            line.append((char) b);
          } else {
            line.append(String.format("\\x%02x", b));
          }
        }
      }
    }
    return line.toString();
  }

  static byte[] bytes(String line) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] text = line.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < text.length; i++) {
      if (text[i] != '\\') {
        bytes.write(text[i]);
        continue;
      }
      switch (text[++i]) {
        case 'r' -> bytes.write('\r');
        case 'n' -> bytes.write('\n');
        case 'x' -> {
          bytes.write(Integer.parseInt(line.substring(i + 1, i + 3), 16));
          i += 2;
        }
        default -> bytes.write(text[i]);
      }
    }
    return bytes.toByteArray();
  }
}
