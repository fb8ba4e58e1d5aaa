package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads what a server says on a RESP3 connection that tracks keys: invalidations, key by key as
 * they come, and the replies between them. What is held is one key at most. Incremental: goes on
 * where it stopped, however the bytes are split. One thread at a time.
 */
public final class FeedParser {
  /** Is told what the server says, in its order. */
  public interface Receiver {
    /** A key is no longer what it was; the array is the receiver's to keep. */
    void key(byte[] key);

    /** No key is what it was; also said in place of a key too long to hold. */
    void all();

    /** A short string among the elements of a reply that is an array or a map. */
    void text(String text);

    /**
     * A reply is whole.
     *
     * @param type its first byte
     * @param line what it says if it is an error or a simple string, perhaps cut; else empty
     */
    void reply(byte type, String line);
  }

  /** The longest key that is held, in bytes; Redis takes keys of up to 512 MB. */
  public static final int MAX_KEY = 1024 * 1024;

  private static final String INVALIDATE = "invalidate";

  /** Longer strings in a reply are passed over. */
  private static final int MAX_TEXT = 64;

  /** What is kept of a line, and how long it may be. */
  private static final int MAX_SHOWN = 256;

  private static final int MAX_LINE = 64 * 1024;

  /** Where the input stands. */
  private enum State {
    /** Between two messages. */
    BETWEEN,
    /** In a simple string or an error. */
    LINE,
    /** In the number of elements. */
    COUNT,
    /** Before an element. */
    ELEMENT,
    /** In a bulk string that is an element. */
    STRING,
    /** In anything else, which is passed over. */
    OTHER,
    /** Before what an invalidation names. */
    NAMED,
    /** In the number of keys it names. */
    KEY_COUNT,
    /** Before one of them. */
    KEY,
    /** In it. */
    KEY_STRING,
    /** In the null that stands for all. */
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

  /** Elements of the message, or keys of the invalidation, still to come. */
  private long left;

  /** The element is the first one. */
  private boolean first;

  public FeedParser(Receiver receiver) {
    this.receiver = receiver;
  }

  /** Whether the input stands between two messages. */
  public boolean isBetween() {
    return state == State.BETWEEN;
  }

  /**
   * Reads on until something has been told to the receiver, or to the end of the input; the reader
   * index stands behind what was read.
   *
   * @return whether something was told, and there may be more
   * @throws ProtocolError when this is not what such a server says
   */
  public boolean feed(ByteBuf in) throws ProtocolError {
    while (in.isReadable()) {
      if (step(in)) {
        return true;
      }
    }
    return false;
  }

  /** True when something was told. */
  private boolean step(ByteBuf in) throws ProtocolError {
    return switch (state) {
      case BETWEEN -> begin(in);
      case LINE -> line(in);
      case COUNT -> BulkString.feedNumber(in, number) && count();
      case ELEMENT -> element(in);
      case STRING -> string.feed(in, MAX_TEXT) && stringEnds();
      case OTHER -> framer.feed(in) && (left == 0 ? messageEnds() : elementEnds());
      case NAMED -> named(in);
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
        throw new ProtocolError("a line without an end");
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
      throw new ProtocolError("a push of no kind");
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
          throw new ProtocolError("an invalidation of no known form");
        }
        state = State.NAMED;
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

  /** A push of another kind is nobody's business. */
  private boolean messageEnds() {
    state = State.BETWEEN;
    if (type == '>') {
      return false;
    }
    receiver.reply(type, "");
    return true;
  }

  private boolean named(ByteBuf in) throws ProtocolError {
    switch (in.getByte(in.readerIndex())) {
      case '*' -> {
        in.skipBytes(1);
        state = State.KEY_COUNT;
      }
      case '_' -> state = State.ALL;
      default -> throw new ProtocolError("an invalidation of no known form");
    }
    return false;
  }

  private boolean all() {
    state = State.BETWEEN;
    receiver.all();
    return true;
  }

  /** Below zero it is the null of RESP2. */
  private boolean keyCount() throws ProtocolError {
    left = number.valueUpTo(Integer.MAX_VALUE, "bad count in a reply");
    state = left == 0 ? State.BETWEEN : State.KEY;
    return left < 0 && all();
  }

  private boolean key(ByteBuf in) throws ProtocolError {
    if (in.readByte() != '$') {
      throw new ProtocolError("a key that is no string");
    }
    state = State.KEY_STRING;
    return false;
  }

  private boolean keyEnds() throws ProtocolError {
    if (string.isNull()) {
      throw new ProtocolError("a key that is no string");
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
