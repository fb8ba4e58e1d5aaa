package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import redisproxy.resp.ProtocolError;

/** Matching of replies with requests, for any split of the bytes. */
class PendingRepliesTest {
  private static final int MAX_REPLY = 20;

  private final List<String> told = new ArrayList<>();

  /** The parts so far of a long reply. */
  private final StringBuilder parts = new StringBuilder();

  private PendingReplies<String> replies = replies(0);

  private PendingReplies<String> replies(int greetings) {
    return new PendingReplies<>(
        greetings, MAX_REPLY, new Told(), error -> told.add("refused " + error));
  }

  private final class Told implements PendingReplies.Receiver<String> {
    @Override
    public void reply(String request, byte type, ByteBuf from, int start, int length) {
      String text = from.toString(start, length, StandardCharsets.ISO_8859_1);
      assertEquals(type, (byte) text.charAt(0));
      told.add(request + text.strip().replace("\r\n", " "));
    }

    @Override
    public void part(
        String request, byte type, ByteBuf from, int start, int length, boolean isLast) {
      assertEquals('$', type);
      parts.append(from.toString(start, length, StandardCharsets.ISO_8859_1));
      if (isLast) {
        told.add(request + " in parts " + parts.length());
        parts.setLength(0);
      }
    }
  }

  private void read(String text) throws ProtocolError {
    replies.read(buffer(text));
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text.replace(" ", "\r\n"), StandardCharsets.ISO_8859_1);
  }

  private static final String LONG = "$40 " + "x".repeat(40) + " ";

  @Test
  void replies_areDeliveredInTheOrderOfTheRequests() throws ProtocolError {
    String input = "+OK :7 >2 $1 a $1 b $3 abc $-1 " + LONG + "-ERR ";
    List<String> expected = List.of("a+OK", "b:7", "c$3 abc", "d$-1", "e in parts 47", "f-ERR");
    for (int cut = 1; cut < input.length(); cut++) {
      told.clear();
      replies = replies(0);
      List.of("a", "b", "c", "d", "e", "f").forEach(replies::add);
      ByteBuf all = buffer(input);
      int first = Math.min(cut, all.readableBytes() - 1);
      replies.read(all.readSlice(first));
      while (all.isReadable()) {
        replies.read(all.readSlice(Math.min(cut, all.readableBytes())));
      }
      String whole = "e$40 " + "x".repeat(40);
      assertEquals(
          expected,
          told.stream().map(each -> each.equals(whole) ? "e in parts 47" : each).toList());
      assertTrue(replies.isEmpty());
      assertEquals(0, parts.length());
    }
  }

  /** A push may be longer than the replies that are kept. */
  @Test
  void pushes_areSkipped() throws ProtocolError {
    replies.add("a");
    read(">1 $40 xxxxxxxxxxxxxxxxxxxxxxxx");
    read("x".repeat(16) + " :1 ");
    assertEquals(List.of("a:1"), told);
  }

  @Test
  void replyWithoutARequest_isAnError() {
    assertThrows(ProtocolError.class, () -> read("+OK "));
    assertThrows(ProtocolError.class, () -> replies(0).read(buffer("$40 xxxxxxxxxxxxxxxxxxxx")));
  }

  @Test
  void greetingReplies_areNotDelivered() throws ProtocolError {
    replies = replies(2);
    replies.add("a");
    // This is longer than a reply that is kept.
    read("+OK %1 $4 name $20 xxxxxxxxxx");
    read("xxxxxxxxxx :1 ");
    assertEquals(List.of("a:1"), told);
  }

  @Test
  void refusedGreeting_stopsReading() throws ProtocolError {
    replies = replies(2);
    replies.add("a");
    read("+OK -NOAUTH :1 ");
    assertEquals(List.of("refused NOAUTH"), told);
    assertEquals(List.of("a"), replies.abandon());
  }

  @Test
  void greetingReplyThatIsTooLong_isAnError() {
    replies = replies(1);
    String half = "x".repeat(40_000);
    assertThrows(
        ProtocolError.class,
        () -> {
          read("$100000 " + half);
          read(half);
        });
  }

  @Test
  void abandon_stopsReading() throws ProtocolError {
    List.of("a", "b", "c").forEach(replies::add);
    assertEquals(3, replies.size());
    read("+OK ");
    assertEquals("b", replies.first());
    assertEquals(List.of("b", "c"), replies.abandon());
    read("+OK :1 ");
    assertEquals(List.of("a+OK"), told);
    assertNull(replies.first());
  }

  /** A receiver may abandon the connection when it gets a part. */
  @Test
  void abandonWithinAPart_stopsDelivery() throws ProtocolError {
    PendingReplies<String> stopping =
        new PendingReplies<>(
            0,
            MAX_REPLY,
            new PendingReplies.Receiver<>() {
              @Override
              public void reply(String request, byte type, ByteBuf from, int start, int length) {
                told.add(request);
              }

              @Override
              public void part(
                  String request, byte type, ByteBuf from, int start, int length, boolean isLast) {
                told.add("part");
                replies.abandon();
              }
            },
            error -> {});
    replies = stopping;
    stopping.add("a");
    read("$40 xx");
    read("x".repeat(38) + " ");
    assertEquals(List.of("part"), told);
  }

  @Test
  void inputThatIsNotResp_isAnError() {
    replies.add("a");
    assertThrows(ProtocolError.class, () -> read("HTTP/1.1 "));
  }
}
