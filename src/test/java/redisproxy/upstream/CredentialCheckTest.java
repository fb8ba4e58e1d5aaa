package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks credentials with Redis, without a socket. */
class CredentialCheckTest {
  private final Loop loop = new Loop();
  private final Semaphore permits = new Semaphore(2);
  private CredentialCheck check;

  @BeforeEach
  void start() throws Exception {
    check =
        new CredentialCheck(loop.transport("redis.url", "redis://own:secret@localhost"), permits);
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private Future<Boolean> ask(String user, String password) throws Exception {
    return loop.call(
        () ->
            check.accepts(
                user.getBytes(StandardCharsets.UTF_8), password.getBytes(StandardCharsets.UTF_8)));
  }

  /** The verdict that follows from this reply. */
  private Future<Boolean> verdict(String reply) throws Exception {
    Future<Boolean> verdict = ask("u", "p");
    loop.connect(0);
    loop.replyLine(0, reply);
    assertEquals(2, permits.availablePermits(), "permit given back");
    assertFalse(loop.isOpen(0));
    return verdict;
  }

  @Test
  void accepts_sendsOnlyTheGivenCredentials() throws Exception {
    ask("u", "é");
    loop.connect(0);
    assertEquals(
        "*3 $4 AUTH $1 u $2 \u00c3\u00a9 ",
        loop.sent(0),
        "the proxy's own credentials are not sent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-WRONGPASS invalid username-password pair or user is disabled.",
        "-NOAUTH Authentication required.",
        "-NOPERM this user has no permissions to run the 'auth' command",
        "-ERR AUTH <password> called without any password configured for the default user.",
        "-ERR wrong number of arguments for 'auth' command",
      })
  void accepts_whenRedisRefuses_isFalse(String reply) throws Exception {
    assertEquals(false, verdict(reply).result());
  }

  /** If these counted as a refusal, a client with the right password would be locked out. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-ERR max number of clients reached",
        "-LOADING Redis is loading the dataset in memory",
        "-MASTERDOWN Link with MASTER is down",
        "-XWRONGPASS",
        ":1",
        "$-1",
      })
  void accepts_onAnyOtherReply_fails(String reply) throws Exception {
    Future<Boolean> verdict = verdict(reply);
    assertTrue(verdict.failed());
    assertEquals("Redis cannot check credentials now", verdict.cause().getMessage());
  }

  @Test
  void accepts_whenTheConnectionIsLost_fails() throws Exception {
    Future<Boolean> verdict = ask("u", "p");
    loop.refuse(0);
    assertTrue(verdict.failed());
    assertEquals(2, permits.availablePermits());
  }

  @Test
  void accepts_whenNoPermitIsFree_failsWithoutAsking() throws Exception {
    Future<Boolean> first = ask("a", "p");
    ask("b", "p");
    Future<Boolean> third = ask("c", "p");
    assertEquals("too many credential checks are under way", third.cause().getMessage());
    assertEquals(2, loop.connections.size());
    loop.connect(0);
    loop.replyLine(0, "+OK");
    assertTrue(first.result());
    ask("d", "p");
    assertEquals(3, loop.connections.size());
    assertEquals(0, permits.availablePermits());
  }
}
