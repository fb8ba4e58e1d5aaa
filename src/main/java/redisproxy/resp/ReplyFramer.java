package redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * Finds where each reply of a server ends. Handles all types of RESP2 and RESP3, including nested
 * and streamed ones, and buffers no reply. An attribute belongs to the reply after it. Parsing is
 * incremental: it continues where it stopped, however the bytes are split. One thread at a time.
 */
public final class ReplyFramer {
  /** Longest kind that is kept, in bytes. The kinds of pub/sub messages are shorter. */
  private static final int MAX_KIND = 16;

  private static final int MAX_LINE = 64 * 1024;

  /** A length above this takes no more digits, so that twice the length still fits into a long. */
  private static final long MAX_LENGTH = Long.MAX_VALUE / 32;

  private final NestingStack nesting = new NestingStack();

  /** Bytes of a string still to skip, including its CRLF. */
  private long skip;

  /** In a streamed string: chunks follow until an empty one. */
  private boolean chunked;

  /** The first byte of the current line. The fields below describe the same line. */
  private byte lineType;

  private boolean inLine;
  private boolean ended;
  private boolean negative;
  private boolean unbounded;
  private long number;
  private int lineLength;

  private byte type;

  /** The beginning of an array's or push's first element, which names its kind. */
  private final StringBuilder kind = new StringBuilder(MAX_KIND);

  /** The first element of the array or push has begun. */
  private boolean hasElements;

  /** The current string is that first element. */
  private boolean inKind;

  private long lastInteger;

  /**
   * The first element's text, at most its first 16 bytes, if the reply is an array or a push that
   * begins with a bulk string; else empty.
   */
  public String kind() {
    return kind.toString();
  }

  /** The last integer read. */
  public long lastInteger() {
    return lastInteger;
  }

  /** The first byte of the current or last reply, after its attributes. */
  public byte type() {
    return type;
  }

  /** Whether the last reply is complete, and no other has begun. */
  public boolean isBetween() {
    return nesting.depth() < 0 && !inLine && skip == 0;
  }

  /**
   * Continues reading to the end of the reply or of the input, whichever comes first. Moves the
   * reader index there.
   *
   * @return whether the reply is complete
   * @throws ProtocolError if the input is not RESP
   */
  public boolean feed(ByteBuf in) throws ProtocolError {
    if (nesting.depth() < 0 && in.isReadable()) {
      nesting.begin();
      type = 0;
      kind.setLength(0);
      hasElements = false;
      inKind = false;
    }
    while (in.isReadable()) {
      if (skip > 0) {
        int step = (int) Math.min(skip, in.readableBytes());
        noteKind(in, step);
        in.skipBytes(step);
        skip -= step;
        if (skip == 0 && !chunked && nesting.element()) {
          return true;
        }
      } else if (line(in) && lineEnds()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Records the bytes of the first element, up to {@link #MAX_KIND}. The last two bytes of the skip
   * are the CRLF and do not belong to it.
   */
  private void noteKind(ByteBuf in, int step) {
    if (!inKind) {
      return;
    }
    int length = (int) Math.min(Math.min(skip - 2, step), MAX_KIND - kind.length());
    for (int i = 0; i < length; i++) {
      kind.append((char) (in.getByte(in.readerIndex() + i) & 0xff));
    }
  }

  /** Continues reading a line. Returns whether it is complete. */
  private boolean line(ByteBuf in) throws ProtocolError {
    if (!inLine) {
      begin(in.readByte());
    }
    boolean text = isText(lineType);
    while (in.isReadable()) {
      byte b = in.readByte();
      if (b == '\n' && ended) {
        inLine = false;
        return true;
      }
      if (ended && !text) {
        throw badLength();
      }
      ended = b == '\r';
      if (lineType == ':' && !ended) {
        integer(b);
      } else if (!text && !ended) {
        digit(b);
      }
      if (++lineLength > MAX_LINE && !text) {
        throw new ProtocolError("line too long in a reply");
      }
    }
    return false;
  }

  private void begin(byte first) {
    inLine = true;
    lineType = first;
    if (!chunked && first != '|') {
      beginElement(first);
    }
    ended = false;
    negative = false;
    unbounded = false;
    number = 0;
    lineLength = 0;
  }

  private void beginElement(byte first) {
    inKind = false;
    if (nesting.depth() == 0) {
      type = first;
    } else if (nesting.depth() == 1 && !hasElements && (type == '*' || type == '>')) {
      hasElements = true;
      inKind = first == '$';
    }
  }

  private static boolean isText(byte type) {
    return type == '+'
        || type == '-'
        || type == ':'
        || type == ','
        || type == '('
        || type == '#'
        || type == '_';
  }

  private void integer(byte b) {
    if (b == '-') {
      negative = true;
    } else if (b >= '0' && b <= '9') {
      number = number * 10 + (b - '0');
    }
    lastInteger = negative ? -number : number;
  }

  private void digit(byte b) throws ProtocolError {
    if (b == '-' && lineLength == 0) {
      negative = true;
    } else if (b == '?' && lineLength == 0) {
      unbounded = true;
    } else if (b >= '0' && b <= '9' && !unbounded && number < MAX_LENGTH) {
      number = number * 10 + (b - '0');
    } else {
      throw badLength();
    }
  }

  /**
   * Checks a length: a number, or -1 or a question mark if the type allows it. {@link #lineLength}
   * includes the line's CR.
   */
  private void checkLength(boolean mayBeNull, boolean mayStream) throws ProtocolError {
    boolean isNull = negative && number == 1;
    if (lineLength == 1 || negative && !(isNull && mayBeNull) || unbounded && !mayStream) {
      throw badLength();
    }
  }

  private static ProtocolError badLength() {
    return new ProtocolError("bad length in a reply");
  }

  /** Handles a complete line. Returns whether the reply ends with it. */
  private boolean lineEnds() throws ProtocolError {
    if (chunked) {
      return chunk();
    }
    switch (lineType) {
      case '+', '-', ':', ',', '(', '#', '_':
        return nesting.element();
      case '$', '!', '=':
        checkLength(true, true);
        if (unbounded) {
          chunked = true;
          return false;
        }
        if (negative) {
          return nesting.element();
        }
        skip = number + 2;
        return false;
      case '*', '~', '>':
        checkLength(true, true);
        return negative ? nesting.element() : open(unbounded ? NestingStack.STREAMED : number);
      case '%':
        checkLength(true, true);
        return negative ? nesting.element() : open(unbounded ? NestingStack.STREAMED : 2 * number);
      case '|':
        checkLength(false, true);
        nesting.addAttribute();
        return open(unbounded ? NestingStack.STREAMED : 2 * number);
      case '.':
        if (lineLength > 1) {
          throw badLength();
        }
        if (!nesting.isStreamed()) {
          throw new ProtocolError("unexpected end of a stream in a reply");
        }
        nesting.close();
        return nesting.element();
      default:
        throw new ProtocolError("unknown type in a reply");
    }
  }

  private boolean chunk() throws ProtocolError {
    if (lineType != ';') {
      throw new ProtocolError("broken string in a reply");
    }
    checkLength(false, false);
    if (number == 0) {
      chunked = false;
      return nesting.element();
    }
    skip = number + 2;
    return false;
  }

  private boolean open(long elements) throws ProtocolError {
    if (elements == 0) {
      return nesting.element();
    }
    nesting.open(elements);
    return false;
  }
}
