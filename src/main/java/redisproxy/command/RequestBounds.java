package redisproxy.command;

import redisproxy.resp.DecimalLine;
import redisproxy.resp.ProtocolError;

/**
 * How large a request may be, and what Redis says of one that is larger.
 *
 * @param maxBytes of the whole request
 * @param maxArguments its name included
 */
public record RequestBounds(int maxBytes, int maxArguments) {
  /** Of a client that has yet to log in (networking.c). */
  public static final RequestBounds STRANGERS = new RequestBounds(16 * 1024, 10);

  /** Longest argument, in bytes (proto-max-bulk-len). */
  private static final long MAX_BULK = 512L * 1024 * 1024;

  /** With any number of arguments. */
  public RequestBounds(int maxBytes) {
    this(maxBytes, Integer.MAX_VALUE);
  }

  RequestTooLarge tooManyArguments() {
    return new RequestTooLarge(
        equals(STRANGERS) ? "unauthenticated multibulk length" : "invalid multibulk length");
  }

  /**
   * The length of an argument.
   *
   * @param announced the line that says it
   * @param position where the argument begins in its request
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
