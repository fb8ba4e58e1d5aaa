package redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * Finds where each reply of a server ends, in RESP2 and RESP3, all types, nested and streamed ones
 * included, without keeping any of it. An attribute belongs to the reply that follows it.
 * Incremental: goes on where it stopped, however the bytes are split. One thread at a time.
 */
public final class ReplyFramer {
  /** Longest kind that is told: those of pub/sub are shorter. */
  private static final int MAX_KIND = 16;

  private static final int MAX_LINE = 64 * 1024;

  /** To a length above this no more digits are added, so that twice of it is still a number. */
  private static final long MAX_LENGTH = Long.MAX_VALUE / 32;

  private final Levels levels = new Levels();

  /** Bytes of a string still to be passed over, its CRLF included. */
  private long skip;

  /** Within a streamed string: chunks follow until an empty one. */
  private boolean chunked;

  /** Within a line: its type, what has been read of its number, and how. */
  private byte lineType;

  private boolean inLine;
  private boolean ended;
  private boolean negative;
  private boolean unbounded;
  private long number;
  private int lineLength;

  private byte type;

  /** The first element of an array or push, as far as it tells the kinds of them apart. */
  private final StringBuilder kind = new StringBuilder(MAX_KIND);

  /** The first element of the array or push has begun. */
  private boolean hasElements;

  /** It is the string that is being read. */
  private boolean inKind;

  private long lastInteger;

  /**
   * What the first element says when the reply is an array or a push that begins with a bulk
   * string; else empty.
   */
  public String kind() {
    return kind.toString();
  }

  /** The last integer read. */
  public long lastInteger() {
    return lastInteger;
  }

  /** The first byte of the reply that is being read or was read last, behind its attributes. */
  public byte type() {
    return type;
  }

  /** Whether the input stands between two replies. */
  public boolean isBetween() {
    return levels.depth() < 0 && !inLine && skip == 0;
  }

  /**
   * Reads on to the end of the reply or of the input, whichever comes first; the reader index
   * stands behind it.
   *
   * @return whether the reply ends there
   * @throws ProtocolError when this is not RESP
   */
  public boolean feed(ByteBuf in) throws ProtocolError {
    if (levels.depth() < 0 && in.isReadable()) {
      levels.begin();
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
        if (skip == 0 && !chunked && levels.element()) {
          return true;
        }
      } else if (line(in) && lineEnds()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes down what it can of the first element; its CRLF, of which two bytes of the skip are made,
   * is not of it.
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

  /** Reads on in a line; true when it is whole. */
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
    if (levels.depth() == 0) {
      type = first;
    } else if (levels.depth() == 1 && !hasElements && (type == '*' || type == '>')) {
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
   * A length is a number, or -1 or a question mark where that has a meaning; its line's CR has been
   * counted.
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

  /** A line is whole: what it means. True when the reply ends with it. */
  private boolean lineEnds() throws ProtocolError {
    if (chunked) {
      return chunk();
    }
    switch (lineType) {
      case '+', '-', ':', ',', '(', '#', '_':
        return levels.element();
      case '$', '!', '=':
        checkLength(true, true);
        if (unbounded) {
          chunked = true;
          return false;
        }
        if (negative) {
          return levels.element();
        }
        skip = number + 2;
        return false;
      case '*', '~', '>':
        checkLength(true, true);
        return negative ? levels.element() : open(unbounded ? Levels.STREAMED : number);
      case '%':
        checkLength(true, true);
        return negative ? levels.element() : open(unbounded ? Levels.STREAMED : 2 * number);
      case '|':
        checkLength(false, true);
        levels.addAttribute();
        return open(unbounded ? Levels.STREAMED : 2 * number);
      case '.':
        if (lineLength > 1) {
          throw badLength();
        }
        if (!levels.isStreamed()) {
          throw new ProtocolError("end of nothing in a reply");
        }
        levels.close();
        return levels.element();
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
      return levels.element();
    }
    skip = number + 2;
    return false;
  }

  private boolean open(long elements) throws ProtocolError {
    if (elements == 0) {
      return levels.element();
    }
    levels.open(elements);
    return false;
  }
}
