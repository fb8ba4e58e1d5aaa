package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.UncheckedIOException;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.it.RandomSession.Step;

/**
 * Random sessions played to a Redis and, through the proxy, to another: what comes back must be the
 * same to the byte, whoever answers, and while somebody else writes. The system properties {@code
 * test.seed} and {@code test.sessions} choose others, or more.
 */
@ParameterizedClass
@EnumSource(Shape.class)
class DifferentialIT {
  private static final long SEED = Long.getLong("test.seed", 20_263);
  private static final int SESSIONS = Integer.getInteger("test.sessions", 500);

  /** How long the proxy may take for a step; every try to leave something out may take as long. */
  private static final int TIMEOUT_MS = 3_000;

  /** Little enough for all that happens to what does not fit. */
  private static final String[] SETTINGS = {
    "cache.max-value-bytes", "100", "cache.capacity", "8", "cache.missing-expiry", "60s"
  };

  @Parameter Shape shape;

  private EmbeddedRedis behind;
  private EmbeddedRedis direct;
  private RunningProxy proxy;
  private RespClient directWriter;
  private RespClient proxyWriter;

  @BeforeEach
  void start() {
    behind = EmbeddedRedis.start();
    direct = EmbeddedRedis.start();
    proxy = RunningProxy.start(shape, behind.url(), SETTINGS);
    directWriter = new RespClient(direct.port());
    proxyWriter = proxy.resp();
  }

  @AfterEach
  void stop() {
    proxyWriter.close();
    directWriter.close();
    proxy.close();
    behind.close();
    direct.close();
  }

  @Test
  void randomSessions_areTheSame() {
    for (long seed = SEED; seed < SEED + SESSIONS; seed++) {
      RandomSession session = RandomSession.of(seed);
      String difference = difference(session);
      if (difference != null) {
        RandomSession least = least(session);
        String again = difference(least);
        fail(
            "-Dtest.seed="
                + seed
                + " -Dtest.sessions=1\n"
                + difference
                + "\n"
                + session
                + "\nat least:\n"
                + (again == null ? "not every time\n" : again + "\n")
                + least);
      }
    }
    long hits = proxy.stat("hits");
    assertTrue(hits > SESSIONS / 4, SESSIONS + " sessions and only " + hits + " hits");
  }

  /** Leaves out what the difference does not need. */
  private RandomSession least(RandomSession session) {
    RandomSession least = session;
    for (int step = session.steps().size() - 1; step >= 0; step--) {
      RandomSession fewer = least.without(step);
      least = difference(fewer) == null ? least : fewer;
    }
    for (int step = least.steps().size() - 1; step >= 0; step--) {
      // A step of one request was tried above.
      for (int i = least.steps().get(step).requests().size() - 1; i > 0; i--) {
        RandomSession fewer = least.without(step, i);
        least = difference(fewer) == null ? least : fewer;
      }
    }
    return least;
  }

  /** Plays a session to both; returns what differs, or null. */
  private String difference(RandomSession session) {
    for (String[] request : new String[][] {{"SELECT", "0"}, {"FLUSHALL"}, {"SCRIPT", "FLUSH"}}) {
      directWriter.call(request);
      proxyWriter.call(request);
    }
    try (RespClient toDirect = new RespClient(direct.port());
        RespClient toProxy = proxy.resp().timeout(TIMEOUT_MS)) {
      String rest = "";
      for (Step step : session.steps()) {
        String difference;
        if (step.byWriter()) {
          difference = written(step, toDirect, toProxy);
        } else {
          String bytes = rest + String.join("", step.requests());
          int end = bytes.length() - step.heldBack();
          rest = bytes.substring(end);
          send(bytes.substring(0, end), step.cuts(), toDirect);
          send(bytes.substring(0, end), step.cuts(), toProxy);
          difference = received("" + step, toDirect, toProxy);
        }
        if (difference != null) {
          return difference;
        }
      }
      String difference = received("at the end", toDirect.send(rest), toProxy.send(rest));
      String more = toProxy.endOutput().rest();
      return difference == null && !more.isEmpty() ? "then also: " + more : difference;
    } catch (UncheckedIOException fault) {
      return "" + fault;
    }
  }

  private String written(Step step, RespClient toDirect, RespClient toProxy) {
    String request = step.requests().get(0);
    String expected = directWriter.send(request).reply();
    String difference = compared("" + step, expected, proxyWriter.send(request).reply());
    return difference == null ? received("" + step, toDirect, toProxy) : difference;
  }

  private static void send(String bytes, long cuts, RespClient to) {
    Random random = new Random(cuts);
    int from = 0;
    while (from < bytes.length()) {
      int most = random.nextBoolean() ? 10 : 1000;
      int end = Math.min(bytes.length(), from + 1 + random.nextInt(most));
      to.send(bytes.substring(from, end));
      from = end;
    }
  }

  /** What has come of a step; from the proxy it is waited for. */
  private String received(String step, RespClient toDirect, RespClient toProxy) {
    // A Redis that has answered what came later, and then something else, has written it all.
    directWriter.call("PING");
    directWriter.call("PING");
    String expected = masked(toDirect.available());
    StringBuilder actual = new StringBuilder();
    try {
      while (masked("" + actual).length() < expected.length()) {
        int read = toProxy.read();
        if (read < 0) {
          return compared("closed, " + step, expected, "" + actual);
        }
        actual.append((char) read).append(toProxy.available());
      }
    } catch (UncheckedIOException late) {
      return late.getMessage() + ", " + compared(step, expected, "" + actual);
    }
    return compared(step, expected, "" + actual);
  }

  private static String compared(String where, String expected, String actual) {
    String same = masked(expected);
    String seen = masked(actual);
    if (same.equals(seen)) {
      return null;
    }
    int at = 0;
    while (at < Math.min(same.length(), seen.length()) && same.charAt(at) == seen.charAt(at)) {
      at++;
    }
    return where + "\nRedis: " + around(same, at) + "\nproxy: " + around(seen, at);
  }

  private static String around(String replies, int at) {
    return replies.substring(Math.max(0, at - 100), Math.min(replies.length(), at + 100));
  }

  private static String masked(String replies) {
    return replies.replaceAll("\\$2\r\nid\r\n:\\d+", "the client's id");
  }
}
