package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import redisproxy.admission.FailedLogins;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.LiveLimits;
import redisproxy.admission.RateLimit;
import redisproxy.auth.Credentials;
import redisproxy.command.CommandTable;
import redisproxy.command.ConnectionState;
import redisproxy.command.OutstandingRequests;
import redisproxy.command.Parsed;
import redisproxy.config.Configuration;
import redisproxy.upstream.FakeSocket;

/** What is sent to Redis in place of a request. LoginTest covers credentials. */
class DedicatedGuardTest {
  private static final byte[] GREETING =
      "*2\r\n$4\r\nAUTH\r\n$1\r\nr\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NO_GREETING = {};
  private static final String REFUSED = "*1\r\n$4\r\nAUTH\r\n";

  private final OutstandingRequests outstanding =
      new OutstandingRequests(new ConnectionState(0, true, own -> true));

  private static ClientLimits limits(int perClient) {
    var settings = Configuration.parse(Map.of("limits.resp-per-client", "" + perClient));
    ClientConnection connection = new ClientConnection();
    connection.receiver(new SilentClient());
    new FakeSocket(connection);
    return new ClientLimits(
        connection,
        new FrontLimits(
            new RateLimit(new LiveLimits(settings.limits()).resp(), 1, () -> 0),
            new FailedLogins(() -> 0, () -> 0)));
  }

  private static Login login() {
    var settings = Configuration.parse(Map.of("auth.mode", "own", "auth.password", "s3cret"));
    return new Login(Credentials.of(settings.auth()));
  }

  private String sent(DedicatedGuard guard, String request) {
    return text(guard.replacementFor(Parsed.line(request), outstanding));
  }

  private static String text(ByteBuf bytes) {
    return bytes == null ? null : bytes.toString(StandardCharsets.US_ASCII);
  }

  @Test
  void guard_whenRedisChecksCredentials_letsEverythingPass() {
    DedicatedGuard guard = new DedicatedGuard(limits(0), null, GREETING);
    assertFalse(guard.checksCredentials());
    assertTrue(guard.isOpen());
    assertNull(guard.greet(outstanding));
    for (String request : new String[] {"GET k", "AUTH x", "RESET", "HELLO 3 AUTH a b", "QUIT"}) {
      assertNull(sent(guard, request), request);
    }
    assertEquals(0, outstanding.size(), "the caller adds them");
  }

  @Test
  void guard_whenTheProxyChecksCredentials_opensAfterLogin() {
    Login login = login();
    DedicatedGuard guard = new DedicatedGuard(limits(0), login, NO_GREETING);
    assertTrue(guard.checksCredentials());
    assertFalse(guard.isOpen());
    login.answer(Parsed.line("AUTH s3cret"), false);
    assertTrue(guard.isOpen());
    assertNull(sent(guard, "GET k"));
  }

  @Test
  void greeting_isSentWhenTheProxyChecksCredentials_andItsReplyIsDropped() {
    DedicatedGuard guard = new DedicatedGuard(limits(0), login(), GREETING);
    assertEquals(new String(GREETING, StandardCharsets.US_ASCII), text(guard.greet(outstanding)));
    assertEquals(1, outstanding.size());
    assertTrue(outstanding.isSilent((byte) '+'));
    assertNull(outstanding.answer());
  }

  @Test
  void greeting_whenEmpty_isNotSent() {
    assertNull(new DedicatedGuard(limits(0), login(), NO_GREETING).greet(outstanding));
    assertEquals(0, outstanding.size());
  }

  @Test
  void reset_whenRedisNeedsNoPassword_passesUnchanged() {
    Login login = login();
    DedicatedGuard guard = new DedicatedGuard(limits(0), login, NO_GREETING);
    login.answer(Parsed.line("AUTH s3cret"), false);
    assertNull(sent(guard, "RESET"));
    assertFalse(guard.isOpen());
    assertEquals(0, outstanding.size());
  }

  @Test
  void reset_whenRedisNeedsAPassword_isFollowedByTheProxysLogin() {
    Login login = login();
    DedicatedGuard guard = new DedicatedGuard(limits(0), login, GREETING);
    login.answer(Parsed.line("AUTH s3cret"), false);
    sent(guard, "RESET");
    assertEquals(2, outstanding.size());
    assertFalse(outstanding.isSilent((byte) '+'), "the first reply is the client's");
  }

  @Test
  void requestBeyondTheRate_isRefused() {
    DedicatedGuard guard = new DedicatedGuard(limits(1), null, GREETING);
    assertNull(sent(guard, "GET k"));
    assertEquals(REFUSED, sent(guard, "GET k"));
    assertEquals(1, outstanding.size());
    assertArrayEquals(ClientLimits.EXCEEDED, outstanding.answer());
  }

  @Test
  void helloWithCredentials_isOutstandingForTheClient() {
    DedicatedGuard guard = new DedicatedGuard(limits(0), login(), GREETING);
    assertEquals("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", sent(guard, "HELLO 3 AUTH default s3cret"));
    assertEquals(1, outstanding.size());
    assertFalse(outstanding.isSilent((byte) '%'));
    assertNull(sent(guard, "HELLO 3"));
    assertEquals(1, outstanding.size(), "without credentials it passes unchanged");
  }

  /** Redis would only queue the AUTH, but the client would believe that it has logged in. */
  @Test
  void credentialsInATransaction_areRefused() {
    Login login = login();
    DedicatedGuard guard = new DedicatedGuard(limits(0), login, GREETING);
    login.answer(Parsed.line("AUTH s3cret"), false);
    outstanding.add(
        Parsed.line(
            new CommandTable(Map.of("multi", new CommandTable.Row(Set.of(), 0, 0, 0))), "MULTI"));
    assertEquals(REFUSED, sent(guard, "AUTH s3cret"));
  }

  @Test
  void isQuit_onlyForQuit() {
    assertTrue(DedicatedGuard.isQuit(Parsed.line("quit")));
    assertFalse(DedicatedGuard.isQuit(Parsed.line("RESET")));
    assertEquals(REFUSED, text(DedicatedGuard.refusedRequest()));
  }
}
