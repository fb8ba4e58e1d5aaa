package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.resp.ProtocolError;

/**
 * Replies that come in pieces, pushes between them, and receivers that abandon them. A blank in a
 * text stands for a line end.
 */
class PendingRepliesSplitTest {
  private static final int MAX_REPLY = 20;

  /** The delivered replies; the parts of a long reply are joined. */
  private final List<String> told = new ArrayList<>();

  /** The parts of long replies. A full stop marks the last part of each. */
  private final List<String> parts = new ArrayList<>();

  private final StringBuilder inParts = new StringBuilder();
  private final Map<String, Runnable> whenTold = new HashMap<>();
  private PendingReplies<String> replies;

  private void begin(int greetings, int requests) {
    told.clear();
    parts.clear();
    Told receiver = new Told();
    replies =
        new PendingReplies<>(
            greetings, MAX_REPLY, receiver, error -> receiver.say("refused: " + error));
    for (int i = 0; i < requests; i++) {
      replies.add(String.valueOf((char) ('a' + i)));
    }
  }

  private final class Told implements PendingReplies.Receiver<String> {
    private void say(String what) {
      told.add(what);
      whenTold.getOrDefault(what, () -> {}).run();
    }

    @Override
    public void reply(String request, byte type, ByteBuf from, int start, int length) {
      String reply = from.toString(start, length, StandardCharsets.ISO_8859_1);
      say(request + (char) type + " " + blanks(reply));
    }

    @Override
    public void part(
        String request, byte type, ByteBuf from, int start, int length, boolean isLast) {
      String part = from.toString(start, length, StandardCharsets.ISO_8859_1);
      parts.add(blanks(part) + (isLast ? "." : ""));
      whenTold.getOrDefault("part", () -> {}).run();
      inParts.append(part);
      if (isLast) {
        String whole = blanks(inParts.toString());
        inParts.setLength(0);
        say(request + (char) type + " " + whole);
      }
    }
  }

  private static String blanks(String text) {
    return text.replace("\r\n", " ");
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text.replace(" ", "\r\n"), StandardCharsets.ISO_8859_1);
  }

  private void read(String... pieces) throws ProtocolError {
    for (String piece : pieces) {
      replies.read(buffer(piece));
    }
  }

  private static String longString(int length) {
    return "$" + length + " " + "x".repeat(length) + " ";
  }

  // Pieces

  /** A greeting of two replies, then one reply of each kind, with pushes wherever they may be. */
  private static final String MANY =
      ">2 $1 p :1 +OK >1 $30 yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy %1 $4 name *2 :1 *0 "
          + "+OK -ERR :7 >1 +p $0  $-1 *-1 _ #t ,1.5 (123 =7 txt:abc !5 ERR_x ~1 :1 "
          + longString(30)
          + "|1 $3 ttl :9 $3 abc |1 +k *2 +v +w "
          + longString(25)
          + "*2 %1 +a *1 $2 xy $? ;2 ab ;0 *? :1 . "
          + longString(MAX_REPLY - 7)
          + "+end ";

  private static final int REQUESTS = 20;

  private static List<String> unsplit() throws ProtocolError {
    PendingRepliesSplitTest test = new PendingRepliesSplitTest();
    test.begin(2, REQUESTS);
    test.read(MANY);
    assertEquals(REQUESTS, test.told.size());
    return test.told;
  }

  @Test
  void replies_areTheSame_whenBytesAreCutInTwo() throws ProtocolError {
    List<String> expected = unsplit();
    int length = buffer(MANY).readableBytes();
    for (int cut = 1; cut < length; cut++) {
      begin(2, REQUESTS);
      ByteBuf all = buffer(MANY);
      replies.read(all.readSlice(cut));
      replies.read(all);
      assertEquals(expected, told, "cut at " + cut);
      assertTrue(replies.isEmpty());
    }
  }

  @Test
  void replies_areTheSame_whenBytesComeInSmallPieces() throws ProtocolError {
    List<String> expected = unsplit();
    for (int length = 1; length < 40; length++) {
      begin(2, REQUESTS);
      ByteBuf all = buffer(MANY);
      while (all.isReadable()) {
        replies.read(all.readSlice(Math.min(length, all.readableBytes())));
      }
      assertEquals(expected, told, "pieces of " + length);
    }
  }

  @Test
  void attributes_belongToTheNextReply() throws ProtocolError {
    begin(0, 2);
    read("|1 +k +v :1 |1 +k", " +v |1 +l ", "+w +b ");
    assertEquals(List.of("a: |1 +k +v :1 ", "b+ |1 +k +v |1 +l +w +b "), told);
  }

  @Test
  void reply_upToTheLimit_isDeliveredWhole_longerInParts() throws ProtocolError {
    begin(0, 2);
    String reply = "$13 abcdefghijklm ";
    read(reply.substring(0, 9), reply.substring(9));
    assertEquals(List.of("a$ " + reply), told);
    assertEquals(List.of(), parts);
    read("$14 abcde", "fghijklm", "n ");
    assertEquals(List.of("$14 abcdefghijklm", "n ."), parts, "the kept bytes come first");
    assertEquals("b$ $14 abcdefghijklmn ", told.get(1));
  }

  /** A reply in one read need not be copied. */
  @Test
  void longReplyInOneRead_isDeliveredWhole() throws ProtocolError {
    begin(0, 1);
    read(longString(500));
    assertEquals(List.of("a$ " + longString(500)), told);
    assertEquals(List.of(), parts);
  }

  // Pushes, and replies without a request

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100})
  void pushesWithoutARequest_areSkipped(int length) throws ProtocolError {
    begin(0, 0);
    ByteBuf push = buffer(">2 $1 p " + longString(60));
    while (push.isReadable()) {
      replies.read(push.readSlice(Math.min(length, push.readableBytes())));
    }
    assertEquals(List.of(), told);
    assertEquals(List.of(), parts);
    replies.add("a");
    read("+OK ");
    assertEquals(List.of("a+ +OK "), told);
  }

  @Test
  void pushesBeforeTheGreetingsReply_areSkipped() throws ProtocolError {
    begin(1, 1);
    read(">1 $1 p >1 $3", "0 " + "y".repeat(30) + " ");
    read("+greeting +OK ");
    assertEquals(List.of("a+ +OK "), told);
  }

  @Test
  void replyWithoutARequest_ofAnyLength_isAnError() throws ProtocolError {
    begin(0, 1);
    read("+OK ");
    ProtocolError whole = assertThrows(ProtocolError.class, () -> read("+OK "));
    assertEquals("ERR Protocol error: a reply without a request", whole.getMessage());
    begin(0, 0);
    read("$40 xxxx");
    ProtocolError inParts = assertThrows(ProtocolError.class, () -> read("x".repeat(20)));
    assertEquals("ERR Protocol error: a reply without a request", inParts.getMessage());
    assertEquals(List.of(), told);
  }

  // Greetings

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 100})
  void refusedGreeting_isReportedInRedissWords(int length) throws ProtocolError {
    begin(2, 1);
    String error = "-WRONGPASS_invalid_username-password_pair";
    ByteBuf all = buffer("+OK " + error + " +OK +OK ");
    while (all.isReadable() && told.isEmpty()) {
      replies.read(all.readSlice(Math.min(length, all.readableBytes())));
    }
    assertEquals(List.of("refused: " + error.substring(1)), told);
    read("+OK ");
    assertEquals(1, told.size(), "the rest is not read");
  }

  /** The reply to HELLO lists modules, and so may be longer than a reply that is kept. */
  @Test
  void greetingReply_mayBeAsLongAsAShortReply() throws ProtocolError {
    begin(1, 1);
    String longest = longString(PendingReplies.SHORT - "$65527\r\n\r\n".length() + 1);
    assertEquals(PendingReplies.SHORT + 1, buffer(longest).readableBytes());
    String allowed = longString(PendingReplies.SHORT - "$65527\r\n\r\n".length());
    read(allowed.substring(0, 100), allowed.substring(100), "+OK ");
    assertEquals(List.of("a+ +OK "), told);
    begin(1, 1);
    read(longest.substring(0, 100));
    ProtocolError error = assertThrows(ProtocolError.class, () -> read(longest.substring(100)));
    assertEquals(
        "ERR Protocol error: a reply of more than 65536 bytes to the greeting", error.getMessage());
    assertEquals(List.of(), parts);
  }

  // Receivers

  @Test
  void abandonWithinAReply_stopsDelivery() throws ProtocolError {
    begin(0, 3);
    List<String> all = new ArrayList<>();
    replies.all().forEach(all::add);
    assertEquals(List.of("a", "b", "c"), all);
    List<String> unanswered = new ArrayList<>();
    whenTold.put("a+ +1 ", () -> unanswered.addAll(replies.abandon()));
    read("+1 +2 +3 ");
    assertEquals(List.of("a+ +1 "), told);
    assertEquals(List.of("b", "c"), unanswered);
    assertTrue(replies.isEmpty());
    assertEquals(List.of(), replies.abandon());
  }

  /** When a reply grows too long to keep, its kept bytes are delivered before the new ones. */
  @Test
  void abandonWithinAPart_stopsDelivery() throws ProtocolError {
    begin(0, 2);
    List<String> unanswered = new ArrayList<>();
    whenTold.put("part", () -> unanswered.addAll(replies.abandon()));
    read("$30 xx", "x".repeat(20), "x".repeat(8) + " +2 ");
    assertEquals(List.of("$30 xx"), parts);
    assertEquals(List.of("a", "b"), unanswered, "the first reply was incomplete");
    assertEquals(List.of(), told);
  }

  @Test
  void requestAddedWithinAReply_getsTheNextReply() throws ProtocolError {
    begin(0, 1);
    whenTold.put("a+ +1 ", () -> replies.add("z"));
    read("+1 +2 ");
    assertEquals(List.of("a+ +1 ", "z+ +2 "), told);
  }

  @Test
  void receiverOfShortReplies_rejectsALongOne() throws ProtocolError {
    PendingReplies<String> shortOnes =
        new PendingReplies<>(
            0,
            MAX_REPLY,
            new PendingReplies.Receiver<>() {
              @Override
              public void reply(String request, byte type, ByteBuf from, int start, int length)
                  throws ProtocolError {
                throw new ProtocolError("not what " + request + " asked");
              }
            },
            error -> {});
    shortOnes.add("a");
    shortOnes.add("b");
    ProtocolError own = assertThrows(ProtocolError.class, () -> shortOnes.read(buffer("+OK ")));
    assertEquals("ERR Protocol error: not what a asked", own.getMessage());
    shortOnes.read(buffer("$40 xx"));
    ProtocolError tooLong =
        assertThrows(ProtocolError.class, () -> shortOnes.read(buffer("x".repeat(20))));
    assertEquals("ERR Protocol error: a reply of more than 65536 bytes", tooLong.getMessage());
  }
}
