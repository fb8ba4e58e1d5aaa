package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Finds where each reply of a server ends, in RESP2 and RESP3, all types, nested and streamed ones
 * included, without keeping any of it. An attribute belongs to the reply that follows it.
 * Incremental: goes on where it stopped, however the bytes are split. One thread at a time.
 */
public final class ReplyFramer {
  /** Deeper nesting than this is no reply of a server that means well. */
  private static final int MAX_DEPTH = 16 * 1024;

  /** Longest kind that is told: those of pub/sub are shorter. */
  private static final int MAX_KIND = 16;

  private static final int MAX_LINE = 64 * 1024;

  /** Stands for the number of elements of an aggregate that ends with a full stop. */
  private static final long STREAMED = -1;

  /** Elements still to come at each level; the bottom one is the reply itself. */
  private long[] levels = new long[8];

  private int depth = -1;

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

  private boolean kindIsKnown;
  private long lastInteger;

  /**
   * What the first element says when the reply is an array or a push that begins with a string;
   * else empty.
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
    return depth < 0 && !inLine && skip == 0;
  }

  /**
   * Reads on to the end of the reply or of the input, whichever comes first; the reader index
   * stands behind it.
   *
   * @return whether the reply ends there
   * @throws ProtocolError when this is not RESP
   */
  public boolean feed(ByteBuf in) throws ProtocolError {
    if (depth < 0 && in.isReadable()) {
      depth = 0;
      levels[0] = 1;
      type = 0;
      kind.setLength(0);
      kindIsKnown = false;
    }
    while (in.isReadable()) {
      if (skip > 0) {
        int step = (int) Math.min(skip, in.readableBytes());
        noteKind(in, step);
        in.skipBytes(step);
        skip -= step;
        if (skip == 0 && !chunked && element()) {
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
    if (kindIsKnown) {
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
    if (depth == 0 && first != '|') {
      type = first;
    }
    ended = false;
    negative = false;
    unbounded = false;
    number = 0;
    lineLength = 0;
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
    if (b >= '0' && b <= '9') {
      number = number * 10 + (b - '0');
    }
    lastInteger = number;
  }

  private void digit(byte b) throws ProtocolError {
    if (b == '-' && lineLength == 0) {
      negative = true;
    } else if (b == '?' && lineLength == 0) {
      unbounded = true;
    } else if (b >= '0' && b <= '9' && number < Long.MAX_VALUE / 16) {
      number = number * 10 + (b - '0');
    } else {
      throw new ProtocolError("bad length in a reply");
    }
  }

  /** A line is whole: what it means. True when the reply ends with it. */
  private boolean lineEnds() throws ProtocolError {
    if (chunked) {
      return chunk();
    }
    switch (lineType) {
      case '+', '-', ':', ',', '(', '#', '_':
        return element();
      case '$', '!', '=':
        if (unbounded) {
          chunked = true;
          return false;
        }
        if (negative) {
          return element();
        }
        skip = number + 2;
        return false;
      case '*', '~', '>':
        return negative ? element() : open(unbounded ? STREAMED : number);
      case '%':
        return negative ? element() : open(unbounded ? STREAMED : 2 * number);
      case '|':
        if (levels[depth] != STREAMED) {
          levels[depth]++;
        }
        return open(2 * number);
      case '.':
        if (levels[depth] != STREAMED) {
          throw new ProtocolError("end of nothing in a reply");
        }
        depth--;
        return element();
      default:
        throw new ProtocolError("unknown type in a reply");
    }
  }

  private boolean chunk() throws ProtocolError {
    if (lineType != ';') {
      throw new ProtocolError("broken string in a reply");
    }
    if (number == 0) {
      chunked = false;
      return element();
    }
    skip = number + 2;
    return false;
  }

  private boolean open(long elements) throws ProtocolError {
    if (elements == 0) {
      return element();
    }
    if (++depth == MAX_DEPTH) {
      throw new ProtocolError("reply nested too deeply");
    }
    if (depth == levels.length) {
      levels = Arrays.copyOf(levels, depth * 2);
    }
    levels[depth] = elements;
    return false;
  }

  /**
   * One element is whole, and with it perhaps those around it. True when that is the reply itself.
   */
  private boolean element() {
    kindIsKnown = true;
    while (depth >= 0) {
      if (levels[depth] == STREAMED || --levels[depth] > 0) {
        return false;
      }
      depth--;
    }
    return true;
  }
}
