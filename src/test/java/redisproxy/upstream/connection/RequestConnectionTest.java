package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests and replies over one connection, and how it ends. Blanks stand for line ends. */
class RequestConnectionTest {
  private static final int MAX_PENDING = 1024;

  private final List<String> told = new ArrayList<>();
  private RedisConnection raw;
  private RequestConnection<String> connection;
  private EmbeddedChannel channel = new EmbeddedChannel();

  private RequestConnection<String> open(String greeting, int greetings) {
    connection =
        new RequestConnection<>(
            receiver -> {
              raw = new RedisConnection(receiver, MAX_PENDING, RedisConnection.Observer.NONE);
              return raw;
            },
            greeting.getBytes(StandardCharsets.US_ASCII),
            greetings,
            PendingReplies.SHORT,
            new Told());
    return connection;
  }

  @AfterEach
  void close() {
    connection.close();
    channel.finishAndReleaseAll();
  }

  private final class Told implements RequestConnection.Receiver<String> {
    @Override
    public void connected() {
      told.add("connected");
    }

    @Override
    public void reply(String request, byte type, ByteBuf from, int start, int length) {
      told.add(request + " " + from.toString(start, length, StandardCharsets.US_ASCII).strip());
    }

    @Override
    public void receivedAll() {
      told.add("all");
    }

    @Override
    public void ended(RequestConnection.End end, List<String> unanswered) {
      told.add(end.kind() + " " + end.text() + unanswered);
    }
  }

  private void send(String request) {
    connection.write(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII), request);
    connection.flush();
  }

  private void connect() {
    channel = new EmbeddedChannel(raw);
    raw.opened();
  }

  private void reply(String text) {
    channel.writeInbound(
        Unpooled.copiedBuffer(text.replace(" ", "\r\n"), StandardCharsets.US_ASCII));
  }

  private String sent() {
    StringBuilder all = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      all.append(out.toString(StandardCharsets.US_ASCII)).append('|');
      out.release();
    }
    return all.toString();
  }

  @Test
  void requestsBeforeConnecting_waitBehindTheGreeting() {
    open("greeting", 1);
    send("a");
    send("b");
    assertFalse(connection.isConnected());
    assertTrue(connection.hasRoom());
    connect();
    assertTrue(connection.isConnected());
    assertEquals("greeting|a|b|", sent());
    reply("+OK +A +B ");
    assertEquals(List.of("connected", "a +A", "b +B", "all"), told);
    assertTrue(connection.pending().isEmpty());
  }

  @Test
  void connectionWithoutAGreeting_sendsNothingFirst() {
    open("", 0);
    connect();
    assertEquals("", sent());
    send("a");
    assertEquals("a|", sent());
  }

  /** Requests may be sent in one buffer. */
  @Test
  void requestsInOneBuffer_eachGetAReply() {
    open("", 0);
    connect();
    connection.expect("a");
    connection.expect("b");
    connection.write(Unpooled.copiedBuffer("ab", StandardCharsets.US_ASCII));
    assertEquals("", sent());
    connection.flush();
    assertEquals("ab|", sent());
    reply(":1 :2 ");
    assertEquals(List.of("connected", "a :1", "b :2", "all"), told);
  }

  @Test
  void connected_isNotCalledAgainForNewRoom() {
    open("", 0);
    connect();
    channel.config().setAutoRead(true);
    connection.write(Unpooled.buffer().writeZero(2 * MAX_PENDING), "a");
    assertFalse(connection.hasRoom());
    connection.flush();
    assertTrue(connection.hasRoom());
    assertEquals(List.of("connected"), told);
  }

  @Test
  void refusedGreeting_endsTheConnection() {
    open("greeting", 2);
    send("a");
    connect();
    reply("+OK -WRONGPASS +more ");
    assertEquals(List.of("connected", "REFUSED WRONGPASS[a]"), told);
    assertFalse(channel.isOpen());
  }

  @Test
  void inputThatIsNotResp_endsTheConnection() {
    open("", 0);
    send("a");
    send("b");
    connect();
    reply("+A what? ");
    assertEquals(2, told.size() - 1, told::toString);
    assertEquals("a +A", told.get(1));
    assertTrue(told.get(2).startsWith("NOT_RESP "), told::toString);
    assertTrue(told.get(2).endsWith("[b]"), told::toString);
    assertFalse(channel.isOpen());
  }

  @Test
  void replyWithoutARequest_endsTheConnection() {
    open("", 0);
    connect();
    reply("+A ");
    assertEquals(
        List.of("connected", "NOT_RESP ERR Protocol error: a reply without a request[]"), told);
  }

  @Test
  void replyThatIsTooLong_endsTheConnection() {
    open("", 0);
    send("a");
    connect();
    reply("$" + (PendingReplies.SHORT + 1) + " ");
    reply("x".repeat(PendingReplies.SHORT));
    assertEquals(2, told.stream().filter(each -> !each.equals("all")).count(), told::toString);
    assertEquals(
        "NOT_RESP ERR Protocol error: a reply of more than " + PendingReplies.SHORT + " bytes[a]",
        told.get(told.size() - 1));
  }

  @Test
  void lostConnection_reportsUnansweredRequests() {
    open("", 0);
    send("a");
    send("b");
    connect();
    reply("+A ");
    channel.close();
    assertEquals(List.of("connected", "a +A", "all", "LOST [b]"), told);
  }

  @Test
  void unreachableServer_isReportedAsLost() {
    open("", 0);
    send("a");
    raw.unreachable(new ConnectException("refused"));
    assertEquals(List.of("LOST [a]"), told);
    assertFalse(connection.isConnected());
  }

  @Test
  void close_silencesTheReceiver() {
    open("", 0);
    send("a");
    connect();
    connection.close();
    channel.runPendingTasks();
    assertEquals(List.of("connected"), told);
    assertTrue(connection.pending().isEmpty());
    assertFalse(channel.isOpen());
  }

  /** A receiver of parts may pause reading. */
  @Test
  void reading_isPausedAndResumed() {
    open("", 0);
    connect();
    connection.setReading(false);
    assertFalse(channel.config().isAutoRead());
    connection.setReading(true);
    assertTrue(channel.config().isAutoRead());
  }
}
