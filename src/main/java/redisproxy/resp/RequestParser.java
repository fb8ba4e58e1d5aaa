package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads requests where they lie in a buffer: RESP arrays of bulk strings, and inline commands.
 * Limits, texts of errors and oddities (the byte after CR is skipped unread; {@code *0} and empty
 * lines are no request) are those of Redis's networking.c.
 *
 * <p>Incremental: when a request is not yet whole, {@link #parse} goes on where it stopped when it
 * is called with more input, so no byte is looked at twice however the input is split. Until then
 * the caller keeps the input from the reader index on. It may move it to another buffer. Allocates
 * only for requests of more than 16 arguments and for inline ones. One thread at a time.
 */
public final class RequestParser {
  /**
   * Longest inline request, and longest line that announces a length, in bytes
   * (PROTO_INLINE_MAX_SIZE).
   */
  static final int MAX_LINE = 64 * 1024;

  private static final int USUAL_ARGUMENTS = 16;
  private static final int UNKNOWN = -1;
  private static final int ANNOUNCING = -2;
  private static final int MISTYPED = -3;

  private final RequestBounds bounds;
  private final DecimalLine decimal = new DecimalLine();

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

  private int count;
  private int[] starts = new int[USUAL_ARGUMENTS];
  private int[] lengths = new int[USUAL_ARGUMENTS];

  /**
   * Where the whole request's arguments lie: in the input, or, of an inline one, in a buffer of
   * their own.
   */
  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;

  private int base;

  /**
   * A parser at the start of a request.
   *
   * @param maxBytes longest request, in bytes; what is longer is a protocol error as soon as it is
   *     announced
   */
  public RequestParser(int maxBytes) {
    this(maxBytes, Integer.MAX_VALUE);
  }

  /** The same with a bound on the arguments, too. */
  public RequestParser(int maxBytes, int maxArguments) {
    this(new RequestBounds(maxBytes, maxArguments));
  }

  private RequestParser(RequestBounds bounds) {
    this.bounds = bounds;
  }

  /** A parser of the requests of a client that has yet to log in. */
  public static RequestParser ofStranger() {
    return new RequestParser(RequestBounds.STRANGERS);
  }

  /**
   * Goes on reading. When it returns true the request can be read through {@link #count} and its
   * fellows until the next call, and the reader index stands behind it.
   *
   * @return whether a request is whole; if not, more input is needed
   */
  public boolean parse(ByteBuf in) throws ProtocolError {
    do {
      if (!in.isReadable()) {
        return false;
      }
      if (position == 0) {
        begin();
        if (usualGet(in)) {
          return true;
        }
      }
      if (in.getByte(in.readerIndex()) == '*' ? !array(in) : !inline(in)) {
        return false;
      }
      in.skipBytes(position);
      position = 0;
    } while (count == 0);
    return true;
  }

  private void begin() {
    count = 0;
    if (starts.length > USUAL_ARGUMENTS) {
      starts = new int[USUAL_ARGUMENTS];
      lengths = new int[USUAL_ARGUMENTS];
    }
  }

  /** Reads the usual GET at one go, if it is there as a whole; else nothing. */
  private boolean usualGet(ByteBuf in) {
    int length = UsualGet.keyLength(in);
    int start = UsualGet.keyStart(length);
    if (length == 0 || start + length + 2 > bounds.maxBytes()) {
      return false;
    }
    add(UsualGet.NAME, 3);
    add(start, length);
    buffer = in;
    base = in.readerIndex();
    in.skipBytes(start + length + 2);
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
      bounds.checkArguments(remaining);
    }
    while (remaining > 0) {
      if (!argument(in)) {
        return false;
      }
      remaining--;
    }
    remaining = UNKNOWN;
    buffer = in;
    base = in.readerIndex();
    return true;
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
    add(position, bulkLength);
    position += bulkLength + 2;
    bulkLength = UNKNOWN;
    return true;
  }

  private int announced(ByteBuf in) throws ProtocolError {
    buffer = in;
    base = in.readerIndex();
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
    buffer = InlineArguments.split(in.slice(from, newline - from), this::add);
    base = 0;
    position = newline + 1 - from;
    return true;
  }

  private void add(int start, int length) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    starts[count] = start;
    lengths[count++] = length;
  }

  /** How many arguments the request has, the command's name included; 1 at least. */
  public int count() {
    return count;
  }

  /** What is held of the positions of many arguments, in bytes. */
  public long held() {
    return starts.length == USUAL_ARGUMENTS ? 0 : 2L * Integer.BYTES * starts.length;
  }

  /** The buffer that {@link #start} points into. */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Where an argument begins in {@link #buffer}. */
  public int start(int argument) {
    return base + starts[argument];
  }

  /** An argument's length in bytes. */
  public int length(int argument) {
    return lengths[argument];
  }

  /** An argument's bytes. */
  public byte[] copy(int argument) {
    byte[] bytes = new byte[lengths[argument]];
    buffer.getBytes(start(argument), bytes);
    return bytes;
  }

  /** An argument's first bytes, each as one character. */
  public String text(int argument, int limit) {
    return buffer.toString(
        start(argument), Math.min(limit, lengths[argument]), StandardCharsets.ISO_8859_1);
  }

  /** The same in lower case. */
  public String lowerCase(int argument, int limit) {
    return text(argument, limit).toLowerCase(Locale.ROOT);
  }

  /** The command's name as {@link CommandName#of} gives it. */
  public long name() {
    return CommandName.of(buffer, start(0), lengths[0]);
  }
}
