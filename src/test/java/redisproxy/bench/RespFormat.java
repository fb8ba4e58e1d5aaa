package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** RESP replies of equal length. For one thread. */
final class RespFormat implements Replies.Format {
  /** How many bytes tell the kind of a reply. */
  static final int HEAD = Integer.BYTES;

  private static final int SHOWN = 100;

  private final Template expected;
  private final int length;
  private final int head;
  private final boolean constant;

  RespFormat(Template reply, boolean constant) {
    expected = reply;
    length = reply.bytes().readableBytes();
    head = expected.bytes().getInt(0);
    this.constant = constant;
  }

  @Override
  public int length(ByteBuf bytes) {
    if (bytes.readableBytes() < HEAD) {
      return -1;
    }
    if (!begins(bytes)) {
      throw wrong(bytes);
    }
    return length;
  }

  /** Whether the next reply begins as these do. */
  boolean begins(ByteBuf bytes) {
    return bytes.getInt(bytes.readerIndex()) == head;
  }

  boolean beginsLike(RespFormat other) {
    return head == other.head;
  }

  boolean isLike(RespFormat other) {
    return ByteBufUtil.equals(expected.bytes(), other.expected.bytes());
  }

  @Override
  public void check(ByteBuf bytes, int key) {
    ByteBuf reply = bytes.readSlice(length);
    expected.put(0, key);
    if (!constant && !ByteBufUtil.equals(reply, expected.bytes())) {
      throw wrong(reply);
    }
  }

  private WrongReply wrong(ByteBuf bytes) {
    return new WrongReply("expected " + shown(expected.bytes()) + ", not " + shown(bytes));
  }

  static String shown(ByteBuf bytes) {
    int shown = Math.min(SHOWN, bytes.readableBytes());
    return bytes
        .toString(bytes.readerIndex(), shown, StandardCharsets.US_ASCII)
        .replace("\r\n", "\\r\\n");
  }

  @Override
  public void release() {
    expected.release();
  }
}
