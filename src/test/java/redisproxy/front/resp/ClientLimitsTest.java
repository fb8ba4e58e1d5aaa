package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.admission.FailedLogins;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.LiveLimits;
import redisproxy.admission.RateLimit;
import redisproxy.command.ConnectionState;
import redisproxy.config.Configuration;
import redisproxy.upstream.FakeSocket;
import redisproxy.upstream.Loop;

/** The rate of one session, and the delay of the reply to a wrong password. */
class ClientLimitsTest {
  private static final byte[] WRONG = "-WRONGPASS\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ClientConnection connection = new ClientConnection();
  private final FakeSocket socket = new FakeSocket(connection);
  private FakeFront front;
  private OrderedReplies replies;
  private long now;
  private long delay = 200;
  private int advanced;

  @BeforeEach
  void open() throws Exception {
    front = new FakeFront();
    connection.receiver(
        new SilentClient() {
          @Override
          public void advance() {
            advanced++;
            replies.writeReplies();
          }
        });
    replies =
        new OrderedReplies(
            connection,
            front.front,
            front.node.largeValues(),
            new ConnectionState(0, true, own -> false),
            front.settings.resp());
  }

  @AfterEach
  void stop() throws Exception {
    socket.finishAndReleaseAll();
    front.close();
  }

  private ClientLimits limits(int perClient) {
    var settings = Configuration.parse(Map.of("limits.resp-per-client", "" + perClient));
    LiveLimits live = new LiveLimits(settings.limits());
    return new ClientLimits(
        connection,
        new FrontLimits(
            new RateLimit(live.resp(), 1, () -> now), new FailedLogins(() -> delay, () -> 0)));
  }

  private String written() {
    return Loop.sent(socket);
  }

  @Test
  void withoutARate_nothingIsExceeded() {
    ClientLimits limits = limits(0);
    for (int i = 0; i < 10_000; i++) {
      assertFalse(limits.isExceeded());
    }
  }

  @Test
  void requestBeyondTheRate_isRefused_untilTimeHasPassed() {
    ClientLimits limits = limits(2);
    assertFalse(limits.isExceeded());
    assertFalse(limits.isExceeded());
    assertTrue(limits.isExceeded());
    assertTrue(limits.isExceeded());
    now += 1_000_000_000;
    assertTrue(limits.isExceeded(), "only tick reads the clock");
    limits.tick();
    assertFalse(limits.isExceeded());
  }

  @Test
  void requestThatIsReadAgain_countsOnce() {
    ClientLimits limits = limits(2);
    assertFalse(limits.isExceeded());
    limits.readAgain();
    assertFalse(limits.isExceeded());
    assertFalse(limits.isExceeded());
    assertTrue(limits.isExceeded());
  }

  @Test
  void wrongPassword_isAnsweredAfterTheDelay() {
    ClientLimits limits = limits(0);
    limits.replyLate(replies, WRONG);
    assertTrue(limits.isLate());
    socket.pass(199);
    assertEquals("", written());
    assertTrue(limits.isLate());
    socket.pass(1);
    assertEquals("-WRONGPASS ", written());
    assertFalse(limits.isLate());
    assertEquals(1, advanced, "the session goes on");
  }

  @Test
  void wrongPassword_keepsItsPlaceAmongTheReplies() {
    ClientLimits limits = limits(0);
    replies.reply("+before\r\n".getBytes(StandardCharsets.US_ASCII));
    limits.replyLate(replies, WRONG);
    replies.reply("+behind\r\n".getBytes(StandardCharsets.US_ASCII));
    connection.advance();
    assertEquals("+before ", written());
    socket.pass(200);
    assertEquals("-WRONGPASS +behind ", written());
  }

  @Test
  void wrongPassword_withoutADelay_isAnsweredAtOnce() {
    delay = 0;
    ClientLimits limits = limits(0);
    limits.replyLate(replies, WRONG);
    assertFalse(limits.isLate());
    connection.advance();
    assertEquals("-WRONGPASS ", written());
  }

  @Test
  void wrongPassword_whenTheClientIsGone_isNotAnswered() {
    ClientLimits limits = limits(0);
    limits.replyLate(replies, WRONG);
    limits.close();
    assertFalse(limits.isLate());
    socket.pass(10_000);
    assertEquals("", written());
    assertEquals(0, advanced);
    limits.close();
  }
}
