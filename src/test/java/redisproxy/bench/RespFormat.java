package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** RESP replies of equal length. For one thread. */
final class RespFormat implements Replies.Format {
  private static final int HEAD = Integer.BYTES;
  private static final int SHOWN = 100;

  private final Template expected;
  private final int length;
  private final int head;
  private final boolean constant;

  RespFormat(String reply, boolean constant) {
    expected = new Template(reply, 1);
    length = reply.length();
    head = expected.bytes().getInt(0);
    this.constant = constant;
  }

  @Override
  public int length(ByteBuf bytes) {
    if (bytes.readableBytes() < HEAD) {
      return -1;
    }
    if (bytes.getInt(bytes.readerIndex()) != head) {
      throw wrong(bytes);
    }
    return length;
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
