package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.LiveLimits;
import redisproxy.auth.Credentials;
import redisproxy.command.CommandTable;
import redisproxy.command.ConnectionState;
import redisproxy.command.OutstandingRequests;
import redisproxy.command.Parsed;
import redisproxy.command.Request;
import redisproxy.config.Configuration;

/** Which clients may log in, and which of their requests reach Redis. */
class LoginTest {
  private static final String GREETING = "*2\r\n$4\r\nAUTH\r\n$1\r\nr\r\n";
  private static final String REFUSED = "*1\r\n$4\r\nAUTH\r\n";

  private final Login login = new Login(credentials("auth.password", "s3cret"));
  private final OutstandingRequests outstanding =
      new OutstandingRequests(new ConnectionState(0, true, own -> true));
  private final DedicatedGuard guard =
      new DedicatedGuard(unlimited(), login, GREETING.getBytes(StandardCharsets.US_ASCII));

  private static ClientLimits unlimited() {
    LiveLimits off = new LiveLimits(Configuration.parse(Map.of()).limits());
    return new ClientLimits(null, FrontLimits.of(off, off.resp(), 1));
  }

  private static Credentials credentials(String... settings) {
    Map<String, String> all = new HashMap<>(Map.of("auth.mode", "own"));
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return Credentials.of(Configuration.parse(all).auth());
  }

  private String answer(String request) {
    byte[] answer = login.answer(Parsed.line(request), false);
    return answer == null ? null : new String(answer, StandardCharsets.US_ASCII).split(" ")[0];
  }

  private static String text(ByteBuf bytes) {
    return bytes == null ? null : bytes.toString(StandardCharsets.US_ASCII);
  }

  private String sent(String request) {
    return text(guard.replacementFor(Parsed.line(request), outstanding));
  }

  /** For a request that is too large to be read; these are its first arguments. */
  private String sentInPieces(String begin) {
    Request request = Parsed.begun(CommandTable.EMPTY, begin.split(" "));
    return text(guard.replacementFor(request, outstanding));
  }

  private static boolean accept(Credentials credentials, String user, String password) {
    return credentials.accept(
        user.getBytes(StandardCharsets.UTF_8), password.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "a, p, true",
    "a, '', false",
    "a, pp, false",
    "a, P, false",
    "'', p, false",
    "b, p, false",
    "A, p, false",
    "default, p, false"
  })
  void credentials_areRight_whenUserAndPasswordAre(String user, String password, boolean right) {
    assertEquals(
        right, accept(credentials("auth.username", "a", "auth.password", "p"), user, password));
  }

  @Test
  void credentials_withoutAPassword_checkTheUser() {
    assertTrue(accept(credentials(), "default", "any"));
    assertFalse(accept(credentials(), "other", ""));
    assertNull(Credentials.of(Configuration.parse(Map.of()).auth()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AUTH s3cret",
        "auth default s3cret",
        "HELLO 3 AUTH default s3cret",
        "HELLO 2 SETNAME auth AUTH default s3cret"
      })
  void rightCredentials_logIn(String request) {
    assertFalse(login.isLoggedIn());
    answer(request);
    assertTrue(login.isLoggedIn());
    assertNull(answer("HELLO 3"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AUTH",
        "AUTH wrong",
        "AUTH other s3cret",
        "AUTH default s3cret more",
        "HELLO 3",
        "HELLO 3 AUTH default wrong",
        "HELLO 4 AUTH default s3cret",
        "HELLO AUTH default s3cret",
        "HELLO 3 SETNAME AUTH default s3cret",
        "HELLO 3 AUTH s3cret",
        "GET s3cret",
        "RESET"
      })
  void otherRequest_doesNotLogIn(String request) {
    assertTrue(login.handles(Parsed.line(request).name()));
    answer(request);
    assertFalse(login.isLoggedIn());
    assertEquals("-NOAUTH", answer("GET k"));
  }

  @Test
  void incompleteCredentials_areWrong() {
    byte[] answer = login.answer(Parsed.begun(CommandTable.EMPTY, "AUTH", "s3cret"), false);
    assertTrue(new String(answer, StandardCharsets.US_ASCII).startsWith("-WRONGPASS"));
    assertFalse(login.isLoggedIn());
    login.answer(
        Parsed.begun(CommandTable.EMPTY, "HELLO", "3", "AUTH", "default", "s3cret"), false);
    assertFalse(login.isLoggedIn());
  }

  @Test
  void failedLogin_keepsAnEarlierLogin() {
    answer("AUTH s3cret");
    assertEquals("-WRONGPASS", answer("AUTH wrong"));
    assertEquals("-WRONGPASS", answer("HELLO 3 AUTH default wrong"));
    assertTrue(login.isLoggedIn());
    login.reset();
    assertFalse(login.isLoggedIn());
  }

  @Test
  void withoutAuth_removesOnlyTheCredentials() {
    assertNull(Login.withoutAuth(Parsed.line("HELLO 3 SETNAME AUTH")));
    assertNull(Login.withoutAuth(Parsed.line("SET 3 AUTH a b")));
    assertEquals(
        "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n",
        text(Login.withoutAuth(Parsed.line("HELLO 3 auth default s3cret"))));
    assertEquals(
        "*4\r\n$5\r\nhello\r\n$1\r\n2\r\n$7\r\nSetName\r\n$4\r\nauth\r\n",
        text(Login.withoutAuth(Parsed.line("hello 2 AUTH a b SetName auth AUTH a b"))));
  }

  @Test
  void guard_beforeLogin_relaysNoRequest() {
    for (String request : new String[] {"GET k", "AUTH x", "HELLO 3", "MULTI", "EVAL x 0"}) {
      assertEquals(REFUSED, sent(request));
      assertEquals(REFUSED, sentInPieces(request));
      assertTrue(outstanding.isSilent((byte) '-'));
    }
    assertNull(sent("QUIT"));
    assertEquals(10, outstanding.size());
    assertTrue(outstanding.writes().isNothing());
  }

  @Test
  void guard_sendsNoCredentials_andLogsInAgainAfterReset() {
    assertEquals(REFUSED, sent("AUTH s3cret"));
    assertArrayEquals("+OK\r\n".getBytes(StandardCharsets.US_ASCII), outstanding.answer());
    assertNull(sent("SET k v"));
    assertEquals("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", sent("HELLO 3 AUTH default s3cret"));
    assertNull(sent("RESET x"));
    assertNull(sentInPieces("RESET"));
    assertTrue(guard.isOpen());
    assertEquals("*1\r\n$5\r\nRESET\r\n" + GREETING, sent("RESET"));
    assertFalse(guard.isOpen());
    assertEquals(REFUSED, sent("SET k v"));
  }

  @Test
  void answer_afterClientReplySkip_isDropped() {
    outstanding.add(Parsed.line("CLIENT REPLY SKIP"));
    assertEquals(REFUSED, sent("AUTH wrong"));
    assertTrue(outstanding.isSilent((byte) '-'));
    assertNull(outstanding.answer());
  }
}
