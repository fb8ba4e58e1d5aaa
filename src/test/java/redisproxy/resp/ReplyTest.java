package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import redisproxy.command.Requests;

class ReplyTest {

  @Test
  void constants_areRedissOwnBytes() {
    assertEquals("+OK\r\n", text(Reply.OK));
    assertEquals("+PONG\r\n", text(Reply.PONG));
    assertEquals("$-1\r\n", text(Reply.NIL));
    assertEquals("-ERR max number of clients reached\r\n", text(Reply.MAX_CLIENTS));
  }

  @Test
  void error_whenTheTextHasLines_isOneLine() {
    assertEquals("-ERR a  b c\377\r\n", text(Reply.error("ERR a\r\nb\nc\377")));
  }

  @Test
  void bulk_includesItsLength() {
    ByteBuf buffer = Unpooled.copiedBuffer(Requests.bytes("xxa\r\n\0\377yy"));
    assertEquals("$5\r\na\r\n\0\377\r\n", text(Reply.bulk(buffer, 2, 5)));
    assertEquals("$0\r\n\r\n", text(Reply.bulk(buffer, 2, 0)));
  }

  @Test
  void copyOf_copiesTheBytesExceptForOk() {
    ByteBuf buffer = Unpooled.copiedBuffer(Requests.bytes("xx+OK\r\n+NO\r\n$1\r\n+OK-"));
    assertSame(Reply.OK, Reply.copyOf(buffer, 2, 5));
    assertEquals("+NO\r\n", text(Reply.copyOf(buffer, 7, 5)));
    assertEquals("$1\r\n+", text(Reply.copyOf(buffer, 12, 5)));
    assertEquals("+OK-", text(Reply.copyOf(buffer, 16, 4)));
  }

  @Test
  void wrongArity_namesTheCommand() {
    assertEquals(
        "-ERR wrong number of arguments for 'get' command\r\n", text(Reply.wrongArity("get")));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
