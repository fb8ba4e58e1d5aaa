package redisproxy.command;

import redisproxy.resp.DecimalLine;
import redisproxy.resp.ProtocolError;

/**
 * How large a request may be, and Redis's error for a larger one.
 *
 * @param maxBytes the most bytes in the whole request
 * @param maxArguments the most arguments, including the command's name
 */
public record RequestBounds(int maxBytes, int maxArguments) {
  /** The bounds for a client that has not logged in yet (networking.c). */
  public static final RequestBounds STRANGERS = new RequestBounds(16 * 1024, 10);

  /** Longest argument, in bytes (proto-max-bulk-len). */
  private static final long MAX_BULK = 512L * 1024 * 1024;

  /** Bounds the bytes, and allows any number of arguments. */
  public RequestBounds(int maxBytes) {
    this(maxBytes, Integer.MAX_VALUE);
  }

  RequestTooLarge tooManyArguments() {
    return new RequestTooLarge(
        equals(STRANGERS) ? "unauthenticated multibulk length" : "invalid multibulk length");
  }

  /**
   * Checks and returns the length of an argument, in bytes.
   *
   * @param announced the line that announces the length
   * @param position where the argument begins in its request
   * @throws RequestTooLarge if the request would be larger than allowed
   */
  int argument(DecimalLine announced, int position) throws ProtocolError {
    long length = announced.valueUpTo(MAX_BULK, "invalid bulk length");
    if (length < 0) {
      throw new ProtocolError("invalid bulk length");
    }
    if (position + length + 2 > maxBytes) {
      throw new RequestTooLarge(tooLong(length));
    }
    return (int) length;
  }

  private String tooLong(long length) {
    if (equals(STRANGERS)) {
      return "unauthenticated bulk length";
    }
    return length > maxBytes ? "invalid bulk length" : "request larger than " + maxBytes + " bytes";
  }
}
