package redisproxy.upstream.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.config.Configuration;

/** The meaning of the replies to a feed's first commands. */
class FeedHandshakeTest {
  /** The successful replies to HELLO, CLIENT SETNAME, CLIENT TRACKING and PING. */
  private static final List<String> SUCCESS = List.of("%", "+OK", "+OK", "+PONG");

  private final FeedHandshake handshake = handshake("redis://localhost");

  private static FeedHandshake handshake(String url, String... prefixes) {
    return new FeedHandshake(
        Configuration.parse(Map.of("redis.url", url)).redis(), List.of(prefixes));
  }

  private static String commands(FeedHandshake handshake) {
    return handshake.commands().toString(StandardCharsets.UTF_8).replace("\r\n", " ");
  }

  /** Gives the handshake a reply; returns whether it is over. */
  private boolean reply(String reply) {
    return handshake.isOverWith((byte) reply.charAt(0), reply.substring(1));
  }

  /** Gives this reply at one step, after success at the steps before it. */
  private boolean replyAt(int step, String reply) {
    SUCCESS.subList(0, step).forEach(well -> assertFalse(reply(well)));
    return reply(reply);
  }

  @Test
  void commands_logIn_thenTrackEverything() {
    assertEquals(
        "*5 $5 HELLO $1 3 $4 AUTH $1 u $1 p *3 $6 CLIENT $7 SETNAME $16 redis-proxy-feed"
            + " *4 $6 CLIENT $8 TRACKING $2 ON $5 BCAST *1 $4 PING ",
        commands(handshake("redis://u:p@localhost")));
  }

  @Test
  void commands_trackOnlyTheGivenPrefixes() {
    String commands = commands(handshake("redis://localhost", "user:", "é"));
    assertTrue(
        commands.contains(
            "*8 $6 CLIENT $8 TRACKING $2 ON $5 BCAST $6 PREFIX $5 user: $6 PREFIX $2 é *1 $4 PING"),
        commands);
  }

  @Test
  void fourSuccessfulReplies_completeTheHandshake() {
    assertTrue(replyAt(3, "+PONG"));
    assertNull(handshake.fault());
    assertFalse(handshake.isRefused());
  }

  @ParameterizedTest
  @ValueSource(strings = {"+OK", ":3", "*", "$"})
  void helloReplyOtherThanAMap_meansNoResp3(String reply) {
    assertTrue(reply(reply));
    assertEquals("the server does not speak RESP3", handshake.fault());
    assertTrue(handshake.isRefused());
  }

  /** "true" means that the server cannot do this, so that trying again soon is no use. */
  @ParameterizedTest
  @CsvSource({
    "0, -ERR unknown command 'HELLO', true",
    "0, -err Unknown command `HELLO`, true",
    "0, -NOPROTO unsupported protocol version, true",
    "0, -NOPERM this user has no permissions, true",
    "0, -ERR max number of clients reached, false",
    "0, -WRONGPASS invalid username-password pair, false",
    "0, -NOAUTH HELLO must be called with the client authenticated, false",
    "0, -LOADING Redis is loading the dataset, false",
    "0, '-', false",
    "2, -ERR syntax error, true",
    "2, -ERR unknown subcommand, true",
    "2, -NOPERM this user has no permissions, true",
    "2, -LOADING Redis is loading the dataset, false",
    "2, -ERRATIC, false",
    "3, -ERR something, false",
    "3, -NOPERM this user has no permissions, true",
  })
  void error_isTheFault(int step, String error, boolean refused) {
    assertTrue(replyAt(step, error));
    assertEquals(error.substring(1), handshake.fault());
    assertEquals(refused, handshake.isRefused());
  }

  /** A connection without a name, or a server that cannot save, still sends invalidations. */
  @Test
  void harmlessErrors_areIgnored() {
    assertFalse(replyAt(1, "-NOPERM this user has no permissions"));
    assertFalse(reply("+OK"));
    assertTrue(reply("-MISCONF Redis is configured to save RDB snapshots"));
    assertNull(handshake.fault());
  }

  @ParameterizedTest
  @CsvSource({
    "+PONG, true",
    "+OK, false",
    "+MISCONF x, false",
    "-PONG, false",
    "-MISCONF x, true",
    "-MISCONF, false",
    "-ERR x, false",
    "$PONG, false",
  })
  void isPong_forPongAndMisconf(String reply, boolean expected) {
    assertEquals(expected, FeedHandshake.isPong((byte) reply.charAt(0), reply.substring(1)));
  }

  @ParameterizedTest
  @CsvSource({
    "6.0.16, 1",
    "6.2.14, 1",
    "7.0.0, 1",
    "7.2.4, 1",
    "7.4.1, 1",
    "6.1.0, 2",
    "7.9.225, 2",
    "8.0.2, 2",
    "17.0.0, 2",
    "7.0, 2",
    "7.0., 2",
    "7x0.1, 2",
    "7.0.1-rc1, 2",
    "'', 2",
  })
  void pingsPerFence_isOneOnlyForKnownReleases(String version, int pings) {
    List.of("server", "redis", "version", version, "proto").forEach(handshake::text);
    assertEquals(pings, handshake.pingsPerFence());
  }

  @Test
  void version_isReadOnlyFromHello() {
    assertEquals(2, handshake.pingsPerFence(), "no version yet");
    handshake.text("7.0.1");
    assertEquals(2, handshake.pingsPerFence(), "not a value of version");
    reply("%");
    List.of("version", "7.0.1").forEach(handshake::text);
    assertEquals(2, handshake.pingsPerFence(), "not in the reply to HELLO");
  }
}
