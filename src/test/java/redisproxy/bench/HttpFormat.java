package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * HTTP responses with status 200 and bodies of equal length. Assumes that a head is as long as the
 * one before, and parses it only if it is not. For one thread.
 */
final class HttpFormat implements Replies.Format {
  private static final int HTTP = 'H' << 24 | 'T' << 16 | 'T' << 8 | 'P';
  private static final int STATUS_200 = ' ' << 24 | '2' << 16 | '0' << 8 | '0';
  private static final int STATUS_AT = "HTTP/1.1".length();
  private static final int END = '\r' << 24 | '\n' << 16 | '\r' << 8 | '\n';
  private static final ByteBuf HEAD_END =
      Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("\r\n\r\n", StandardCharsets.US_ASCII));
  private static final int LONGEST_HEAD = 16 * 1024;
  private static final String CONTENT_LENGTH = "\r\ncontent-length:";

  private final Template value;
  private final boolean constant;
  private int head;
  private int body = -1;

  HttpFormat(String value, boolean constant) {
    this.value = new Template(value, 1);
    this.constant = constant;
  }

  @Override
  public int length(ByteBuf bytes) {
    int at = bytes.readerIndex();
    if (body >= 0
        && bytes.readableBytes() >= head
        && bytes.getInt(at) == HTTP
        && bytes.getInt(at + STATUS_AT) == STATUS_200
        && bytes.getInt(at + head - Integer.BYTES) == END) {
      return head + body;
    }
    return read(bytes);
  }

  private int read(ByteBuf bytes) {
    int end = ByteBufUtil.indexOf(HEAD_END, bytes);
    if (end < 0) {
      if (bytes.readableBytes() > LONGEST_HEAD) {
        throw new WrongReply("no end of the head in " + RespFormat.shown(bytes));
      }
      return -1;
    }
    end -= bytes.readerIndex();
    String text = bytes.toString(bytes.readerIndex(), end + 2, StandardCharsets.US_ASCII);
    if (!text.startsWith("HTTP/1.") || !text.startsWith(" 200", STATUS_AT)) {
      throw new WrongReply("expected a status of 200, not " + RespFormat.shown(bytes));
    }
    int length = contentLength(text);
    if (body >= 0 && length != body) {
      throw new WrongReply("a body of " + length + " bytes, after one of " + body);
    }
    body = length;
    head = end + Integer.BYTES;
    return head + body;
  }

  private static int contentLength(String head) {
    int at = head.toLowerCase(Locale.ROOT).indexOf(CONTENT_LENGTH);
    if (at < 0) {
      throw new WrongReply("no Content-Length in " + head);
    }
    int from = at + CONTENT_LENGTH.length();
    return Integer.parseInt(head.substring(from, head.indexOf('\r', from)).strip());
  }

  /** Compares one response. Other text may surround the value, such as the JSON of webdis. */
  @Override
  public void check(ByteBuf bytes, int key) {
    ByteBuf response = bytes.readSlice(read(bytes));
    response.skipBytes(head);
    value.put(0, key);
    if (!constant && ByteBufUtil.indexOf(value.bytes(), response) < 0) {
      throw new WrongReply(
          "expected " + RespFormat.shown(value.bytes()) + ", not " + RespFormat.shown(response));
    }
  }

  @Override
  public void release() {
    value.release();
  }
}
