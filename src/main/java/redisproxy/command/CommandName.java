package redisproxy.command;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** A command's name as one number, so that names are compared without making strings. */
public final class CommandName {
  /** What stands for every name of more than eight bytes, and for those that begin with a NUL. */
  public static final long LONG = 0;

  private static final long POST = of("post");
  private static final long HOST = of("host:");

  private CommandName() {}

  /**
   * Whether a request with this name is HTTP sent to the wrong port, perhaps by a browser that was
   * lured into it. Redis closes the connection on these without a word.
   */
  public static boolean isHttp(long name) {
    return name == POST || name == HOST;
  }

  /**
   * The number of a name of at most eight bytes, whatever their case; no two such names share one.
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

  /** The same for a name that is known beforehand, in lower case. */
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
