package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads a RESP3 connection with client tracking: invalidations, key by key as they arrive, and the
 * replies between them. Holds one key at most. Parsing is incremental: it continues where it
 * stopped, however the bytes are split. One thread at a time.
 */
public final class FeedParser {
  /** Receives the server's messages in order. */
  public interface Receiver {
    /** A key is invalid. The receiver owns the array. */
    void key(byte[] key);

    /**
     * All keys are invalid. Also called instead of {@link #key} for a key that is too long to hold.
     */
    void all();

    /** A short string among the elements of a reply that is an array or a map. */
    void text(String text);

    /**
     * A reply is complete.
     *
     * @param type its first byte
     * @param line the text of an error or a simple string, perhaps truncated; else empty
     */
    void reply(byte type, String line);
  }

  /** The longest key that is held, in bytes. Redis allows keys of up to 512 MB. */
  public static final int MAX_KEY = 1024 * 1024;

  private static final String INVALIDATE = "invalidate";

  /** Longer strings in a reply are skipped. */
  private static final int MAX_TEXT = 64;

  /** How much of a line is kept, in bytes. */
  private static final int MAX_SHOWN = 256;

  private static final int MAX_LINE = 64 * 1024;

  /** What the next byte of the input belongs to. */
  private enum State {
    /** Between two messages. */
    BETWEEN,
    /** In a simple string or an error. */
    LINE,
    /** In the line with the number of elements. */
    COUNT,
    /** Before an element. */
    ELEMENT,
    /** In a bulk string that is an element. */
    STRING,
    /** In any other value, which is skipped. */
    OTHER,
    /** Before the payload of an invalidation. */
    INVALIDATION,
    /** In the line with the number of invalidated keys. */
    KEY_COUNT,
    /** Before an invalidated key. */
    KEY,
    /** In the bulk string of an invalidated key. */
    KEY_STRING,
    /** In the null that stands for all keys. */
    ALL
  }

  private final Receiver receiver;
  private final ReplyFramer framer = new ReplyFramer();
  private final DecimalLine number = new DecimalLine();
  private final BulkString string = new BulkString();
  private final StringBuilder line = new StringBuilder();

  private State state = State.BETWEEN;

  /** The first byte of the message. */
  private byte type;

  private int lineLength;
  private boolean lineEnds;

  /** How many elements of the message, or keys of the invalidation, are still to come. */
  private long left;

  /** The next element is the first one of its message. */
  private boolean first;

  public FeedParser(Receiver receiver) {
    this.receiver = receiver;
  }

  /** Whether the last message is complete, and no other has begun. */
  public boolean isBetween() {
    return state == State.BETWEEN;
  }

  /**
   * Continues reading until the receiver was called, or to the end of the input. Moves the reader
   * index behind what was read.
   *
   * @return whether the receiver was called; then there may be more to read
   * @throws ProtocolError if the input is not RESP, or is an unknown form of invalidation
   */
  public boolean feed(ByteBuf in) throws ProtocolError {
    while (in.isReadable()) {
      if (step(in)) {
        return true;
      }
    }
    return false;
  }

  /** Reads one step. Returns whether it called the receiver to end a message or report a key. */
  private boolean step(ByteBuf in) throws ProtocolError {
    return switch (state) {
      case BETWEEN -> begin(in);
      case LINE -> line(in);
      case COUNT -> BulkString.feedNumber(in, number) && count();
      case ELEMENT -> element(in);
      case STRING -> string.feed(in, MAX_TEXT) && stringEnds();
      case OTHER -> framer.feed(in) && (left == 0 ? messageEnds() : elementEnds());
      case INVALIDATION -> invalidation(in);
      case KEY_COUNT -> BulkString.feedNumber(in, number) && keyCount();
      case KEY -> key(in);
      case KEY_STRING -> string.feed(in, MAX_KEY) && keyEnds();
      case ALL -> framer.feed(in) && all();
    };
  }

  private boolean begin(ByteBuf in) {
    type = in.getByte(in.readerIndex());
    left = 0;
    first = true;
    state =
        switch (type) {
          case '+', '-' -> State.LINE;
          case '>', '*', '%' -> State.COUNT;
          default -> State.OTHER;
        };
    if (state != State.OTHER) {
      in.skipBytes(1);
      line.setLength(0);
      lineLength = 0;
      lineEnds = false;
    }
    return false;
  }

  private boolean line(ByteBuf in) throws ProtocolError {
    byte b = in.readByte();
    if (lineEnds) {
      if (b != '\n') {
        throw new ProtocolError("missing LF after a line in a reply");
      }
      state = State.BETWEEN;
      receiver.reply(type, line.toString());
      return true;
    }
    lineEnds = b == '\r';
    if (++lineLength > MAX_LINE) {
      throw new ProtocolError("line too long in a reply");
    }
    if (!lineEnds && lineLength <= MAX_SHOWN) {
      line.append((char) (b & 0xff));
    }
    return false;
  }

  private boolean count() throws ProtocolError {
    long count = number.valueUpTo(Integer.MAX_VALUE, "bad count in a reply");
    if (count < 0) {
      throw new ProtocolError("bad count in a reply");
    }
    left = type == '%' ? 2 * count : count;
    state = State.ELEMENT;
    return left == 0 && messageEnds();
  }

  private boolean element(ByteBuf in) throws ProtocolError {
    boolean isString = in.getByte(in.readerIndex()) == '$';
    if (isString) {
      in.skipBytes(1);
    } else if (first && type == '>') {
      throw new ProtocolError("a push message without a type");
    }
    state = isString ? State.STRING : State.OTHER;
    return false;
  }

  private boolean stringEnds() throws ProtocolError {
    byte[] bytes = string.take();
    if (bytes != null) {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      if (type != '>') {
        receiver.text(text);
      } else if (first && text.equals(INVALIDATE)) {
        if (left != 2) {
          throw new ProtocolError("unknown form of invalidation");
        }
        state = State.INVALIDATION;
        return false;
      }
    }
    return elementEnds();
  }

  private boolean elementEnds() {
    first = false;
    left--;
    state = State.ELEMENT;
    return left == 0 && messageEnds();
  }

  /** Ends a message. Pushes of other kinds are ignored. */
  private boolean messageEnds() {
    state = State.BETWEEN;
    if (type == '>') {
      return false;
    }
    receiver.reply(type, "");
    return true;
  }

  private boolean invalidation(ByteBuf in) throws ProtocolError {
    switch (in.getByte(in.readerIndex())) {
      case '*' -> {
        in.skipBytes(1);
        state = State.KEY_COUNT;
      }
      case '_' -> state = State.ALL;
      default -> throw new ProtocolError("unknown form of invalidation");
    }
    return false;
  }

  private boolean all() {
    state = State.BETWEEN;
    receiver.all();
    return true;
  }

  /** A negative count is a RESP2 null array: all keys are invalid. */
  private boolean keyCount() throws ProtocolError {
    left = number.valueUpTo(Integer.MAX_VALUE, "bad count in a reply");
    state = left == 0 ? State.BETWEEN : State.KEY;
    return left < 0 && all();
  }

  private boolean key(ByteBuf in) throws ProtocolError {
    if (in.readByte() != '$') {
      throw new ProtocolError("an invalidated key is not a string");
    }
    state = State.KEY_STRING;
    return false;
  }

  private boolean keyEnds() throws ProtocolError {
    if (string.isNull()) {
      throw new ProtocolError("an invalidated key is not a string");
    }
    byte[] key = string.take();
    left--;
    state = left == 0 ? State.BETWEEN : State.KEY;
    if (key == null) {
      receiver.all();
    } else {
      receiver.key(key);
    }
    return true;
  }
}
