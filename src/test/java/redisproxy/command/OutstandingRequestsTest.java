package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.command.CommandTable.Row;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;
import redisproxy.resp.ReplyFramer;

class OutstandingTest {
  private static final CommandTable TABLE =
      new CommandTable(
          Map.of(
              "get", new Row(Set.of("readonly"), 1, 1, 1),
              "set", new Row(Set.of("write"), 1, 1, 1),
              "modpop", new Row(Set.of("write", "blocking"), 1, 1, 1),
              "del", new Row(Set.of("write"), 1, -1, 1),
              "eval", new Row(Set.of("movablekeys"), 0, 0, 0)));

  private final OutstandingRequests outstanding =
      new OutstandingRequests(new ConnectionState(0, true, own -> true));
  private final ReplyFramer framer = new ReplyFramer();

  @Test
  void replied_inOrder_returnsWhatEachRequestWrote() throws ProtocolError {
    add("SET a 1", "GET b", "DEL c d", "EVAL s 0");
    assertEquals(4, outstanding.size());
    assertEquals("unknown", text(outstanding.writes()));
    assertEquals("a", replied("+OK"));
    assertEquals("", replied("$-1"));
    assertEquals("c d", replied(":2"));
    assertEquals("unknown", replied("*0"));
    assertEquals(0, outstanding.size());
    assertEquals("", text(outstanding.writes()));
  }

  @ParameterizedTest
  @CsvSource({
    "BRPOP q 0, true",
    "blpop q 0, true",
    "XREAD block 0 STREAMS s $, true",
    "XREAD COUNT 1 BLOCK 0 STREAMS s $, true",
    "XREADGROUP GROUP g c BLOCK 0 STREAMS s >, true",
    "WAIT 1 0, true",
    "WAITAOF 1 1 0, true",
    "SUBSCRIBE c, true",
    "UNSUBSCRIBE, true",
    "MONITOR, true",
    "PSYNC ? -1, true",
    "MODPOP q, true",
    "XREAD STREAMS s 0, false",
    "XREAD STREAMS block 0, false",
    "SET k v, false",
    "EVAL s 0, false",
  })
  void mayWait_whileABlockingRequestIsOutstanding(String request, boolean waits)
      throws ProtocolError {
    add("SET a 1", request, "PING");
    assertEquals(waits, outstanding.mayWait());
    replied("+OK");
    assertEquals(waits, outstanding.mayWait());
  }

  @Test
  void mayWait_whenAllAreAnsweredOrInATransaction_isFalse() throws ProtocolError {
    add("BRPOP q 0");
    replied("*-1");
    assertFalse(outstanding.mayWait());
    add("MULTI", "BRPOP q 0", "EXEC");
    assertFalse(outstanding.mayWait());
  }

  @Test
  void addOwn_withAConsumer_holdsNothingUpAndPassesTheNumber() throws ProtocolError {
    List<Long> told = new ArrayList<>();
    outstanding.addOwn(told::add);
    outstanding.addPing();
    assertTrue(outstanding.isQuiet());
    add("SET a 1");
    assertFalse(outstanding.isQuiet());
    replied(":7");
    replied("+PONG");
    assertFalse(outstanding.isAnswered());
    assertEquals("a", replied("+OK"));
    assertTrue(outstanding.isQuiet());
    outstanding.addOwn(told::add);
    replied("-NOPERM no");
    assertEquals(List.of(7L), told);
    assertTrue(outstanding.isAnswered());
  }

  @Test
  void addPing_holdsNothingUpAndIsAnsweredInOrder() throws ProtocolError {
    outstanding.addPing();
    assertTrue(outstanding.isQuiet() && outstanding.isAnswered());
    add("SET a 1");
    assertFalse(outstanding.isQuiet() || outstanding.isAnswered());
    assertTrue(outstanding.isSilent((byte) '+'));
    assertEquals("", replied("+PONG"));
    assertFalse(outstanding.isSilent((byte) '+') || outstanding.isAnswered());
    assertEquals("a", replied("+OK"));
    assertTrue(outstanding.isQuiet() && !outstanding.hasTold());
    outstanding.addOwn();
    assertFalse(outstanding.isAnswered());
  }

  /** A request may write and still fail, such as a script that fails half-way. */
  @Test
  void replied_withAnError_stillReturnsTheWrites() throws ProtocolError {
    add("SET a 1");
    assertEquals("a", replied("-ERR"));
    assertFalse(outstanding.isInDoubt());
  }

  @Test
  void replied_toExec_returnsTheQueuedWrites() throws ProtocolError {
    add("MULTI", "SET a 1", "GET b", "DEL c d", "EXEC", "SET e 1");
    for (String queued : new String[] {"", "a", "", "c d"}) {
      assertEquals(queued, replied("+QUEUED"));
    }
    assertEquals("a c d", replied("*3\r\n+OK\r\n$-1\r\n:2"));
    assertEquals("e", replied("+OK"));
  }

  @Test
  void replied_afterDiscard_returnsNoWrites() throws ProtocolError {
    add("MULTI", "SET a 1", "DISCARD", "EXEC");
    replied("+OK");
    replied("+QUEUED");
    assertEquals("", replied("+OK"));
    assertEquals("", replied("-ERR EXEC without MULTI"));
  }

  @Test
  void add_ofTransactionCommandsWithArguments_neitherBeginsNorEndsATransaction()
      throws ProtocolError {
    add("MULTI x", "MULTI", "MULTI x", "EXEC x", "DISCARD x", "RESET x");
    replied("-ERR wrong number of arguments for 'multi' command");
    replied("+OK");
    for (String name : new String[] {"multi", "exec", "discard", "reset"}) {
      assertTrue(outstanding.isInTransaction(), name);
      assertFalse(outstanding.isStreaming(), name);
      assertEquals("", replied("-ERR wrong number of arguments for '" + name + "' command"));
    }
    assertFalse(outstanding.isQuiet());
    add("EXEC");
    assertFalse(outstanding.isInTransaction());
  }

  @Test
  void add_ofResetWithArguments_keepsRepliesOff() throws ProtocolError {
    add("CLIENT REPLY OFF", "RESET x");
    assertTrue(outstanding.isSilent((byte) '-'));
  }

  /** The SKIP applies to the CLIENT REPLY OFF after it, and not to RESET. */
  @Test
  void add_ofResetAfterSkipAndOff_getsItsReply() throws ProtocolError {
    add("CLIENT REPLY SKIP", "CLIENT REPLY OFF", "RESET");
    assertFalse(outstanding.isSilent((byte) '+'));
  }

  @Test
  void replied_whenMultiIsRefusedAndMoreWasSent_startsStreaming() throws ProtocolError {
    add("MULTI", "SET a 1");
    replied("-NOAUTH");
    assertTrue(outstanding.isStreaming());
    assertEquals("a", text(outstanding.writes()));
  }

  @Test
  void replied_toSubscribe_waitsForAConfirmationOfEachChannel() throws ProtocolError {
    add("SUBSCRIBE x y", "SET a 1");
    replied("*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1");
    assertEquals(2, outstanding.size());
    replied("*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$2\r\nhi");
    assertEquals(2, outstanding.size());
    replied("*3\r\n$9\r\nsubscribe\r\n$1\r\ny\r\n:2");
    assertEquals(1, outstanding.size());
    assertEquals("a", replied("-ERR only (P|S)SUBSCRIBE … allowed in this context"));
  }

  @Test
  void replied_withAPush_belongsToNoRequest() throws ProtocolError {
    add("SET a 1");
    assertEquals("", replied(">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$2\r\nhi"));
    assertEquals("", replied(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk"));
    assertEquals("a", replied("+OK"));
  }

  @Test
  void replied_toMonitor_startsStreaming() throws ProtocolError {
    add("MONITOR");
    replied("-NOPERM");
    assertFalse(outstanding.isStreaming());
    add("MONITOR");
    replied("+OK");
    assertTrue(outstanding.isStreaming());
    add("SET a 1");
    add("SET b 1");
    assertEquals("a b", text(outstanding.writes()));
  }

  @Test
  void add_ofClientReply_isHandledByTheProxy() throws ProtocolError {
    assertTrue(add("GET a"));
    assertFalse(add("CLIENT REPLY SKIP"));
    assertTrue(add("SET b 1", "SET c 1"));
    assertFalse(add("CLIENT REPLY OFF"));
    assertTrue(add("SET d 1"));
    assertTrue(add("CLIENT REPLY ON"));
    assertEquals(5, outstanding.size());
    for (boolean silent : new boolean[] {false, true, false, true, false}) {
      assertEquals(silent, outstanding.isSilent((byte) '+'));
      replied("+OK");
    }
  }

  @Test
  void add_ofOtherClientRequests_areForRedis() throws ProtocolError {
    for (String request :
        List.of("CLIENT NO-EVICT OFF", "CLIENT REPLY MAYBE", "CLIENT REPLY", "ECHO REPLY OFF")) {
      assertTrue(add(request), request);
      assertFalse(outstanding.isSilent((byte) '+'), request);
      replied("+OK");
    }
    assertFalse(outstanding.isInDoubt());
  }

  /** The client gets every message, and in RESP2 a message looks like any other array. */
  @Test
  void isSilent_whileSubscribed_isFalseForPossibleMessages() throws ProtocolError {
    add("CLIENT REPLY SKIP", "GET k");
    assertTrue(outstanding.isSilent((byte) '$') && outstanding.isSilent((byte) '*'));
    assertFalse(outstanding.isSilent((byte) '>'));
    replied("$-1");
    add("SUBSCRIBE x");
    replied("*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1");
    add("CLIENT REPLY SKIP", "PING");
    assertTrue(outstanding.isSilent((byte) '+'));
    assertFalse(outstanding.isSilent((byte) '*') || outstanding.isSilent((byte) '>'));
  }

  @Test
  void isSilent_ofAConfirmation_isFalse() throws ProtocolError {
    add("CLIENT REPLY SKIP", "SUBSCRIBE x");
    assertFalse(outstanding.isSilent((byte) '*'));
  }

  @Test
  void answer_replacesTheReplyUnlessTheClientWantsNone() throws ProtocolError {
    add("SET a 1");
    outstanding.addAnswered(Reply.PONG);
    add("CLIENT REPLY SKIP");
    outstanding.addAnswered(Reply.PONG);
    assertNull(outstanding.answer());
    assertFalse(outstanding.isSilent((byte) '-'));
    assertEquals("a", replied("+OK"));
    assertSame(Reply.PONG, outstanding.answer());
    assertTrue(outstanding.isSilent((byte) '-'));
    replied("-ERR unknown command");
    assertNull(outstanding.answer());
    assertTrue(outstanding.isSilent((byte) '-'));
    replied("-ERR unknown command");
    assertTrue(outstanding.isQuiet());
  }

  /** Redis refuses this request, so it suppresses no replies. */
  @Test
  void add_ofClientReplyWithAnExtraLargeArgument_isForRedis() throws ProtocolError {
    for (String mode : new String[] {"OFF", "SKIP", "ON"}) {
      assertTrue(outstanding.add(Parsed.begun(TABLE, "CLIENT", "REPLY", mode)), mode);
    }
    assertEquals(3, outstanding.size());
    assertFalse(outstanding.isSilent((byte) '-'));
  }

  @Test
  void add_ofClientReplyInATransaction_isInDoubt() throws ProtocolError {
    add("MULTI", "CLIENT REPLY OFF");
    assertTrue(outstanding.isInDoubt());
    assertFalse(outstanding.isStreaming());
    replied("+OK");
    assertTrue(outstanding.isStreaming());
  }

  /** Only Redis itself can suppress the replies then. */
  @Test
  void add_ofClientReplyWhenInDoubt_isForRedis() throws ProtocolError {
    add("MULTI", "SUBSCRIBE c", "EXEC");
    assertTrue(add("CLIENT REPLY SKIP"));
    assertTrue(add("CLIENT REPLY OFF"));
    assertTrue(outstanding.isInDoubt());
  }

  @Test
  void add_ofReplconf_isInDoubtBecauseItMayHaveNoReply() throws ProtocolError {
    add("REPLCONF ack 1");
    assertTrue(outstanding.isStreaming());
  }

  @Test
  void add_ofARequestWithoutItsName_isInDoubt() throws ProtocolError {
    ByteBuf in = Unpooled.copiedBuffer("*3\r\n", StandardCharsets.US_ASCII);
    RequestParser parser = new RequestParser(new RequestBounds(100, 2), () -> TABLE);
    assertThrows(RequestTooLarge.class, () -> parser.next(in));
    assertTrue(outstanding.add(parser.request()));
    assertTrue(outstanding.isInDoubt());
    assertEquals("unknown", text(outstanding.writes()));
  }

  @Test
  void isLoggedIn_untilReset() throws ProtocolError {
    add("AUTH x", "RESET");
    assertFalse(outstanding.isLoggedIn());
    replied("+OK");
    assertTrue(outstanding.isLoggedIn());
    replied("+RESET");
    assertFalse(outstanding.isLoggedIn());
  }

  @Test
  void addBroken_mayHaveWrittenEverything() {
    outstanding.addBroken();
    assertTrue(outstanding.isStreaming());
    assertEquals(Writes.Reach.EVERYTHING, outstanding.writes().reach());
    assertTrue(outstanding.writes().access());
  }

  @Test
  void addOwn_keepsItsReplyFromTheClient() throws ProtocolError {
    outstanding.addOwn();
    add("SET a 1");
    assertTrue(outstanding.isSilent((byte) '%'));
    assertEquals("", replied("%1\r\n+a\r\n+b"));
    assertFalse(outstanding.isSilent((byte) '+'));
    assertEquals("a", replied("+OK"));
  }

  @Test
  void isQuiet_onlyWhileAGetGetsTheUsualReply() throws ProtocolError {
    assertTrue(outstanding.isQuiet());
    for (String[] each :
        new String[][] {
          {"GET k", "$-1"},
          {"MULTI", "+OK", "EXEC", "*0"},
          {"WATCH k", "+OK", "UNWATCH", "+OK"},
          {"WATCH k", "+OK", "MULTI", "+OK", "DISCARD", "+OK"},
          {"CLIENT TRACKING ON", "+OK", "RESET", "+RESET"},
          {"SUBSCRIBE x", "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1", "RESET", "+RESET"},
          {
            "SUBSCRIBE x",
            ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1",
            "UNSUBSCRIBE x",
            ">3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:0"
          },
        }) {
      for (int i = 0; i < each.length; i += 2) {
        add(each[i]);
        assertFalse(outstanding.isQuiet(), each[i]);
        replied(each[i + 1]);
        assertEquals(i + 2 == each.length, outstanding.isQuiet(), each[i]);
      }
    }
    add("CLIENT REPLY SKIP");
    assertFalse(outstanding.isQuiet(), "the client wants no reply to its next request");
    add("PING");
    replied("+PONG");
    assertTrue(outstanding.isQuiet());
    add("CLIENT REPLY OFF");
    assertFalse(outstanding.isQuiet());
    add("MONITOR");
    replied("+OK");
    assertFalse(outstanding.isQuiet());
  }

  @Test
  void hasTold_whenAReplyRevealsData() throws ProtocolError {
    String[][] cases = {
      {"PING", "+PONG", "no"},
      {"SET k v", "+OK", "no"},
      {"SET k v", "-WRONGTYPE", "yes"},
      {"SET k v NX", "+OK", "yes"},
      {"HELLO 3", "%1\r\n+a\r\n+b", "no"},
      {"CLIENT LIST", "$1\r\nx", "yes"},
      {"GET k", "$-1", "yes"},
      {"TYPE k", "+none", "yes"},
      {"DEL k", ":0", "yes"},
      {"EVAL s 0", "+OK", "yes"},
    };
    for (String[] each : cases) {
      outstanding.setTold(false);
      add(each[0]);
      replied(each[1]);
      assertEquals(each[2].equals("yes"), outstanding.hasTold(), each[0]);
    }
  }

  @Test
  void hasTold_afterExec() throws ProtocolError {
    add("MULTI");
    replied("+OK");
    assertFalse(outstanding.hasTold());
    add("PING", "EXEC");
    replied("+QUEUED");
    outstanding.setTold(false);
    replied("*1\r\n+PONG");
    assertTrue(outstanding.hasTold());
  }

  /** The client has seen the pushed data, even if RESET then ends the subscription. */
  @Test
  void hasTold_whenAMessageArrived() throws ProtocolError {
    for (String[] each :
        new String[][] {
          {"CLIENT TRACKING ON BCAST", "+OK", ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk"},
          {
            "SUBSCRIBE x",
            "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1",
            "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$2\r\nhi"
          }
        }) {
      add(each[0]);
      replied(each[1]);
      outstanding.setTold(false);
      replied(each[2]);
      add("RESET");
      replied("+RESET");
      assertTrue(outstanding.isQuiet() && outstanding.hasTold(), each[0]);
    }
  }

  /** Redis executes RESET at once even in a transaction, and ends all subscriptions. */
  @Test
  void reset_inATransaction_endsSubscriptions() throws ProtocolError {
    add("SUBSCRIBE x");
    replied(">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1");
    add("MULTI", "RESET", "LRANGE l 0 -1");
    replied("+OK");
    replied("+RESET");
    replied("*2\r\n$7\r\nmessage\r\n$1\r\nx");
    assertEquals(0, outstanding.size());
    assertTrue(outstanding.isQuiet());
  }

  /** Returns whether to send the last request to Redis. */
  private boolean add(String... requests) throws ProtocolError {
    boolean passed = false;
    for (String request : requests) {
      passed = outstanding.add(Parsed.line(TABLE, request));
    }
    return passed;
  }

  private String replied(String reply) throws ProtocolError {
    assertTrue(framer.feed(buffer(reply + "\r\n")));
    return text(outstanding.replied(framer));
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  private static String text(Writes writes) {
    return writes.areUnknown()
        ? "unknown"
        : writes.keys().stream().map(String::new).collect(Collectors.joining(" "));
  }
}
