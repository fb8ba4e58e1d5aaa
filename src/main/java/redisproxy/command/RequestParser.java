package redisproxy.command;

import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import redisproxy.resp.DecimalLine;
import redisproxy.resp.ProtocolError;

/**
 * Reads requests where they lie in a buffer: RESP arrays of bulk strings, and inline commands.
 * Limits, texts of errors and oddities (the byte after CR is skipped unread; {@code *0} and empty
 * lines are no request) are those of Redis's networking.c.
 *
 * <p>A request stays the next one until it is taken. So whatever cannot handle it, or not yet,
 * leaves it where it is, and nothing reads it again.
 *
 * <p>Incremental: when a request is not yet whole, {@link #next} goes on where it stopped when it
 * is called with more input, so no byte is looked at twice however the input is split. The caller
 * keeps the input from the reader index on until the request is taken. It may move it to another
 * buffer. Allocates only for requests of more than 16 arguments and for inline ones. One thread at
 * a time.
 */
public final class RequestParser {
  /**
   * Longest inline request, and longest line that announces a length, in bytes
   * (PROTO_INLINE_MAX_SIZE).
   */
  static final int MAX_LINE = 64 * 1024;

  private static final int UNKNOWN = -1;
  private static final int ANNOUNCING = -2;
  private static final int MISTYPED = -3;

  private RequestBounds bounds;
  private DecimalLine decimal = new DecimalLine();

  /** How far this request has been read, and all other positions, from its first byte. */
  private int position;

  /** Arguments still to come, or UNKNOWN before the header has been read. */
  private long remaining = UNKNOWN;

  /**
   * Length of the argument that comes next; UNKNOWN before its dollar sign, ANNOUNCING behind it,
   * MISTYPED in a line without one, of which Redis says so at its end.
   */
  private int bulkLength = UNKNOWN;

  /** How much of an inline request was searched for its end. */
  private int inlineScanned;

  private final Request request;

  /** The request is read, and not yet taken. */
  private boolean read;

  /** A parser at the start of a request, which knows no commands. */
  public RequestParser(RequestBounds bounds) {
    this(bounds, () -> CommandTable.EMPTY);
  }

  /**
   * A parser at the start of a request.
   *
   * @param commands the table that a request's command is looked up in when it is asked for
   */
  public RequestParser(RequestBounds bounds, Supplier<CommandTable> commands) {
    this.bounds = bounds;
    this.request = new Request(commands);
  }

  /** Allows more, or less, from the next request on, and of this one if it is not read yet. */
  public void setBounds(RequestBounds changed) {
    if (!bounds.equals(changed)) {
      bounds = changed;
      if (!read) {
        restart();
      }
    }
  }

  /** Forgets what was read of a request: it is read from its first byte. */
  public void restart() {
    read = false;
    position = 0;
    remaining = UNKNOWN;
    bulkLength = UNKNOWN;
    inlineScanned = 0;
    decimal = new DecimalLine();
  }

  /** The request that was read last, or as much of it as there was of one that is too large. */
  public Request request() {
    return request;
  }

  /** Reads the next request, and takes it. */
  public boolean parse(ByteBuf in) throws ProtocolError {
    if (!next(in)) {
      return false;
    }
    take(in);
    return true;
  }

  /** Has the reader index behind the request that was read; the next is another. */
  public void take(ByteBuf in) {
    in.skipBytes(request.size());
    read = false;
  }

  /**
   * Reads the next request, or goes on reading it; the reader index stays before it.
   *
   * @return whether it is whole; if not, more input is needed
   * @throws RequestTooLarge if it is larger than allowed, as soon as that is announced; those of
   *     its first arguments that are there are then in {@link #request}
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

  /** Reads the usual GET at one go, if it is there as a whole; else nothing. */
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
    if (position == 0) {
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
      if (!argument(in)) {
        return false;
      }
      remaining--;
    }
    remaining = UNKNOWN;
    request.liesIn(in);
    return true;
  }

  /** Reads the first arguments of a request that has too many, as far as they are there. */
  private void readFirst(ByteBuf in) {
    long count = Math.min(remaining, Request.USUAL_ARGUMENTS);
    request.liesIn(in);
    try {
      while (request.count() < count && argument(in)) {
        // Each is added to the request.
      }
    } catch (ProtocolError behindIt) {
      // Redis refuses the number of arguments first.
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
   * Reads the rest of a line that announces a length; its first byte, the type, counts for its
   * length too.
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
    // Redis searches with strchr, which finds nothing behind a NUL byte.
    int nul = in.indexOf(from + inlineScanned, searched, (byte) 0);
    if (newline < 0 || nul >= 0) {
      inlineScanned = (nul < 0 ? searched : nul) - from;
      if (in.readableBytes() > MAX_LINE) {
        throw new ProtocolError("too big inline request");
      }
      return false;
    }
    inlineScanned = 0;
    // A CR before it is a blank like any other.
    request.liesApart(InlineArguments.split(in.slice(from, newline - from), request::add));
    position = newline + 1 - from;
    return true;
  }
}
