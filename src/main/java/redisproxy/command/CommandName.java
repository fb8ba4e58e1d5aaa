package redisproxy.command;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Encodes a command's name as one number, so that names are compared without strings. */
public final class CommandName {
  /** Stands for every name of more than eight bytes, and for every name that begins with a NUL. */
  public static final long LONG = 0;

  private static final long POST = of("post");
  private static final long HOST = of("host:");

  private CommandName() {}

  /**
   * Whether a request with this name is HTTP that was sent to the wrong port, perhaps by a browser
   * that an attacker misuses (cross-protocol scripting). Redis closes the connection on these and
   * sends no reply.
   */
  public static boolean isHttp(long name) {
    return name == POST || name == HOST;
  }

  /**
   * The number of a name of at most eight bytes, ignoring case. Two different names never share a
   * number, except for {@link #LONG}.
   */
  public static long of(ByteBuf buffer, int start, int length) {
    if (length > Long.BYTES || length > 0 && buffer.getByte(start) == 0) {
      return LONG;
    }
    long name = 0;
    for (int i = start; i < start + length; i++) {
      name = name << 8 | lower(buffer.getByte(i)) & 0xff;
    }
    return name;
  }

  /** The number of a constant name of at most eight bytes, in lower case. */
  public static long of(String name) {
    long number = 0;
    for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
      number = number << 8 | b;
    }
    return number;
  }

  static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }
}
