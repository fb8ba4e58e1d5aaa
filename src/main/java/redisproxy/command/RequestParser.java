package redisproxy.command;

import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import redisproxy.resp.DecimalLine;
import redisproxy.resp.ProtocolError;

/**
 * Reads requests in place, without copying them out of the buffer: RESP arrays of bulk strings, and
 * inline commands. Limits, error texts and special cases are those of Redis's networking.c. For
 * example, the byte after CR is skipped unread, and {@code *0} and empty lines are not requests.
 *
 * <p>A request stays the next one until it is taken. Code that cannot handle it yet leaves it in
 * the input, and the request is not parsed again.
 *
 * <p>Parsing is incremental. If a request is incomplete, the next call of {@link #next} with more
 * input continues where the last one stopped. So no byte is read twice, however the input is split.
 * The caller keeps the input from the reader index on until the request is taken, but may move it
 * to another buffer. Allocates memory only for inline requests and for requests of more than 16
 * arguments. One thread at a time.
 */
public final class RequestParser {
  /**
   * Longest inline request, and longest line that announces a length, in bytes
   * (PROTO_INLINE_MAX_SIZE).
   */
  static final int MAX_LINE = 64 * 1024;

  /** {@code \r\n}. */
  private static final int LINE_END = 0x0d0a;

  private static final int UNKNOWN = -1;
  private static final int ANNOUNCING = -2;
  private static final int MISTYPED = -3;

  private RequestBounds bounds;
  private DecimalLine decimal = new DecimalLine();

  /** How far this request has been read. All positions count from its first byte. */
  private int position;

  /** Arguments still to come, or UNKNOWN before the header has been read. */
  private long remaining = UNKNOWN;

  /**
   * Length of the next argument. UNKNOWN before its dollar sign and ANNOUNCING after it. MISTYPED
   * in a line without a dollar sign: like Redis, the parser reports that error only at the line's
   * end.
   */
  private int bulkLength = UNKNOWN;

  /** How many bytes of an inline request were searched for its end. */
  private int inlineScanned;

  private final Request request;

  /** The request is completely read, and not yet taken. */
  private boolean read;

  /** Starts without a command table. */
  public RequestParser(RequestBounds bounds) {
    this(bounds, () -> CommandTable.EMPTY);
  }

  /**
   * Starts at the first byte of a request.
   *
   * @param commands gives the table in which a request's command is looked up
   */
  public RequestParser(RequestBounds bounds, Supplier<CommandTable> commands) {
    this.bounds = bounds;
    this.request = new Request(commands);
  }

  /**
   * Changes the bounds for later requests, and for the current one unless it is completely read.
   */
  public void setBounds(RequestBounds changed) {
    if (!bounds.equals(changed)) {
      bounds = changed;
      if (!read) {
        restart();
      }
    }
  }

  /** Forgets what was read of the current request, and starts again at its first byte. */
  public void restart() {
    read = false;
    position = 0;
    remaining = UNKNOWN;
    bulkLength = UNKNOWN;
    inlineScanned = 0;
    decimal = new DecimalLine();
  }

  /** The last request that was read, or the first arguments of one that is too large. */
  public Request request() {
    return request;
  }

  /** Reads the next request and takes it. Returns false if it is incomplete. */
  public boolean parse(ByteBuf in) throws ProtocolError {
    if (!next(in)) {
      return false;
    }
    take(in);
    return true;
  }

  /** Takes the request that was read: moves the reader index behind it. */
  public void take(ByteBuf in) {
    in.skipBytes(request.size());
    read = false;
  }

  /**
   * Reads the next request, or continues reading it. The reader index stays at its first byte.
   *
   * @return whether the request is complete; if not, more input is needed
   * @throws RequestTooLarge as soon as the request announces that it is larger than allowed; {@link
   *     #request} then has the arguments that have arrived
   */
  public boolean next(ByteBuf in) throws ProtocolError {
    if (read) {
      request.moved(in);
      return true;
    }
    do {
      if (!in.isReadable()) {
        return false;
      }
      if (position == 0) {
        request.begin();
        if (usualGet(in)) {
          read = true;
          return true;
        }
      }
      if (in.getByte(in.readerIndex()) == '*' ? !array(in) : !inline(in)) {
        return false;
      }
      if (request.count() == 0) {
        in.skipBytes(position);
      }
      request.end(position);
      position = 0;
    } while (request.count() == 0);
    read = true;
    return true;
  }

  /** Reads a usual GET in one step, if it is complete; otherwise reads nothing. */
  private boolean usualGet(ByteBuf in) {
    int length = UsualGet.keyLength(in);
    int start = UsualGet.keyStart(length);
    if (length == 0 || start + length + 2 > bounds.maxBytes()) {
      return false;
    }
    request.add(UsualGet.NAME, 3);
    request.add(start, length);
    request.liesIn(in);
    request.end(start + length + 2);
    return true;
  }

  private boolean array(ByteBuf in) throws ProtocolError {
    if (position == 0 && !usualCount(in)) {
      position = 1;
    }
    if (remaining == UNKNOWN) {
      if (!line(in, "too big mbulk count string")) {
        return false;
      }
      remaining = decimal.valueUpTo(Integer.MAX_VALUE, "invalid multibulk length");
      if (remaining > bounds.maxArguments()) {
        readFirst(in);
        throw bounds.tooManyArguments();
      }
    }
    while (remaining > 0) {
      if (!usualArgument(in) && !argument(in)) {
        return false;
      }
      remaining--;
    }
    remaining = UNKNOWN;
    request.liesIn(in);
    return true;
  }

  /** Reads a count of one digit in one step, if it is there; otherwise reads nothing. */
  private boolean usualCount(ByteBuf in) {
    if (in.readableBytes() < 4) {
      return false;
    }
    int head = in.getInt(in.readerIndex());
    int digit = (head >> 16 & 0xff) - '0';
    if ((head & 0xffff) != LINE_END || digit < 1 || digit > 9 || digit > bounds.maxArguments()) {
      return false;
    }
    position = 4;
    remaining = digit;
    return true;
  }

  /**
   * Reads an argument of at most 99 bytes in one step, if all of it is there; otherwise reads
   * nothing.
   */
  private boolean usualArgument(ByteBuf in) {
    int at = in.readerIndex() + position;
    int left = in.writerIndex() - at;
    if (bulkLength != UNKNOWN || left < 6) {
      return false;
    }
    int head = in.getInt(at);
    int length = (head >> 16 & 0xff) - '0';
    int second = (head >> 8 & 0xff) - '0';
    int start = 4;
    if (head >>> 24 != '$' || length < 0 || length > 9) {
      return false;
    }
    if ((head & 0xffff) != LINE_END) {
      if (length == 0 || second < 0 || second > 9 || (head & 0xff) != '\r') {
        return false;
      }
      length = length * 10 + second;
      start = 5;
    }
    int end = start + length + 2;
    if (left < end || position + end > bounds.maxBytes()) {
      return false;
    }
    request.add(position + start, length);
    position += end;
    return true;
  }

  /** Reads the first arguments of a request with too many, as far as they have arrived. */
  private void readFirst(ByteBuf in) {
    long count = Math.min(remaining, Request.USUAL_ARGUMENTS);
    request.liesIn(in);
    try {
      while (request.count() < count && argument(in)) {
        // Each is added to the request.
      }
    } catch (ProtocolError later) {
      // The number of arguments comes first in the input, so Redis reports that error.
    }
  }

  private boolean argument(ByteBuf in) throws ProtocolError {
    if (bulkLength == UNKNOWN) {
      if (in.readableBytes() == position) {
        return false;
      }
      boolean isBulk = in.getByte(in.readerIndex() + position) == '$';
      position += isBulk ? 1 : 0;
      bulkLength = isBulk ? ANNOUNCING : MISTYPED;
    }
    if (bulkLength < 0) {
      if (!line(in, "too big bulk count string")) {
        return false;
      }
      if (bulkLength == MISTYPED) {
        byte type = in.getByte(in.readerIndex() + position - decimal.read());
        throw new ProtocolError("expected '$', got '" + (char) (type & 0xff) + "'");
      }
      bulkLength = announced(in);
    }
    if (in.readableBytes() - position < bulkLength + 2) {
      return false;
    }
    request.add(position, bulkLength);
    position += bulkLength + 2;
    bulkLength = UNKNOWN;
    return true;
  }

  private int announced(ByteBuf in) throws ProtocolError {
    request.liesIn(in);
    return bounds.argument(decimal, position);
  }

  /**
   * Reads the rest of a line that announces a length. The limit on the line's length includes its
   * first byte, the type.
   */
  private boolean line(ByteBuf in, String tooLong) throws ProtocolError {
    int before = decimal.read();
    boolean ended = decimal.feed(in, in.readerIndex() + position);
    position += decimal.read() - before;
    if (!ended && 1 + decimal.read() > MAX_LINE) {
      throw new ProtocolError(tooLong);
    }
    return ended;
  }

  private boolean inline(ByteBuf in) throws ProtocolError {
    int from = in.readerIndex();
    int newline = in.indexOf(from + inlineScanned, in.writerIndex(), (byte) '\n');
    int searched = newline < 0 ? in.writerIndex() : newline;
    // Redis searches with strchr, which finds nothing after a NUL byte.
    int nul = in.indexOf(from + inlineScanned, searched, (byte) 0);
    if (newline < 0 || nul >= 0) {
      inlineScanned = (nul < 0 ? searched : nul) - from;
      if (in.readableBytes() > MAX_LINE) {
        throw new ProtocolError("too big inline request");
      }
      return false;
    }
    inlineScanned = 0;
    // A CR before the LF counts as a blank.
    request.liesApart(InlineArguments.split(in.slice(from, newline - from), request::add));
    position = newline + 1 - from;
    return true;
  }
}
