package redisproxy.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientIdReplyTest {
  /** Redis's 7 and 42 are the proxy's 4503599627370496 and 1. */
  private static final ClientIdReply.Ids IDS =
      new ClientIdReply.Ids() {
        @Override
        public long own(long id) {
          return 4_503_599_627_370_496L;
        }

        @Override
        public long of(long id) {
          return id == 7 ? own(id) : id == 42 ? 1 : id;
        }
      };

  private static String rewritten(ClientIdReply kind, String reply) {
    ByteBuf in = Unpooled.copiedBuffer(reply.replace("|", "\r\n"), ISO_8859_1);
    String out = kind.rewrite(in, IDS).toString(ISO_8859_1);
    assertFalse(in.isReadable());
    return out.replace("\r\n", "|");
  }

  private static String bulk(String text) {
    return "$" + text.length() + "|" + text + "|";
  }

  @ParameterizedTest
  @CsvSource({
    "OTHER, :7|, :4503599627370496|",
    "OTHER, :8|, :8|",
    "OWN, :8|, :4503599627370496|",
    "OTHER, :0|, :0|",
    "OTHER, :-1|, :-1|",
    "OTHER, -ERR no|, -ERR no|",
    "OTHER, $1|7|, $1|7|",
    "FIELDS, *4|$2|id|:9|$4|role|:7|, *4|$2|id|:4503599627370496|$4|role|:7|",
    "FIELDS, %2|+id|:7|+x|:7|, %2|+id|:4503599627370496|+x|:7|",
    "FIELDS, %2|$5|flags|~1|$3|off|$8|redirect|:42|, %2|$5|flags|~1|$3|off|$8|redirect|:1|",
    "FIELDS, -NOAUTH x|, -NOAUTH x|",
    "LINES, $-1|, $-1|",
    "LINES, _|, _|",
    "NONE, :7|, :7|",
  })
  void rewrite_replacesOnlyIds(ClientIdReply kind, String reply, String expected) {
    assertEquals(expected, rewritten(kind, reply));
  }

  @Test
  void rewrite_keepsAttributes() {
    assertEquals("|1\r\n+a\r\n:7\r\n:1\r\n", raw(ClientIdReply.OTHER, "|1\r\n+a\r\n:7\r\n:42\r\n"));
  }

  private static String raw(ClientIdReply kind, String reply) {
    ByteBuf in = Unpooled.copiedBuffer(reply, ISO_8859_1);
    return kind.rewrite(in, IDS).toString(ISO_8859_1);
  }

  @Test
  void rewrite_ofLines_replacesIdsAndLengths() {
    String list = "id=7 addr=1 name=x redir=-1\nid=8 name=id=7 redir=42 resp=2\nid=42 redir=0\n";
    String other =
        "id=4503599627370496 addr=1 name=x redir=-1\n"
            + "id=8 name=id=7 redir=1 resp=2\n"
            + "id=1 redir=0\n";
    assertEquals(bulk(other), rewritten(ClientIdReply.LINES, bulk(list)));
    String verbatim = "txt:" + list;
    assertEquals(
        "=" + (other.length() + 4) + "|txt:" + other + "|",
        rewritten(ClientIdReply.LINES, "=" + verbatim.length() + "|" + verbatim + "|"));
  }

  @Test
  void rewriteAll_ofExec_replacesIdsInItsElements() {
    String reply = "*4\r\n:7\r\n*2\r\n:7\r\n:7\r\n:7\r\n$5\r\nid=7\n\r\n";
    ByteBuf out =
        ClientIdReply.rewriteAll(
            Unpooled.copiedBuffer(reply, ISO_8859_1),
            Map.of(0, ClientIdReply.OTHER, 3, ClientIdReply.LINES),
            IDS);
    assertEquals(
        "*4\r\n:4503599627370496\r\n*2\r\n:7\r\n:7\r\n:7\r\n$20\r\nid=4503599627370496\n\r\n",
        out.toString(ISO_8859_1));
  }

  @Test
  void rewriteAll_ofAbortedExec_changesNothing() {
    for (String reply : new String[] {"*-1\r\n", "-EXECABORT x\r\n", "_\r\n", "*0\r\n"}) {
      ByteBuf in = Unpooled.copiedBuffer(reply, ISO_8859_1);
      ByteBuf out = ClientIdReply.rewriteAll(in, Map.of(0, ClientIdReply.OTHER), IDS);
      assertEquals(reply, out.toString(ISO_8859_1));
    }
  }

  /** Broken replies lose no bytes and throw nothing. */
  @Test
  void rewrite_ofBrokenReplies_throwsNothing() {
    Random random = new Random(3);
    String good = "%2\r\n$2\r\nid\r\n:7\r\n$1\r\nx\r\n$5\r\nid=7\n\r\n";
    for (int i = 0; i < 10_000; i++) {
      StringBuilder reply = new StringBuilder(good);
      for (int j = random.nextInt(4); j >= 0; j--) {
        reply.setCharAt(
            random.nextInt(reply.length()), "\r\n:$*%=7-x?|".charAt(random.nextInt(12)));
      }
      for (ClientIdReply kind : ClientIdReply.values()) {
        raw(kind, reply.toString());
      }
      assertEquals(reply.toString(), raw(ClientIdReply.NONE, reply.toString()));
    }
  }
}
