package redisproxy.it;

import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.it.RandomSession.Step;

/** Plays the same session to a Redis and to a proxy of another Redis, and compares the replies. */
final class Comparison implements AutoCloseable {
  /** How many databases are compared; sessions seldom use others. */
  private static final int DATABASES = 4;

  /** The longest time for a step. Each attempt to shorten a session may take as long. */
  private static final int TIMEOUT_MS = 3_000;

  /** Limits so small that values are also too large or evicted. */
  private static final String[] SETTINGS = {
    "cache.max-value-bytes", "100", "cache.capacity", "8", "cache.missing-expiry", "60s"
  };

  private static final Pattern UNSUBSCRIBED =
      Pattern.compile(
          "(?s)([*>]3\r\n\\$1[12]\r\np?unsubscribe\r\n)(\\$\\d+\r\n.*?\r\n)(:\\d+\r\n)");

  private static final Pattern UNSUBSCRIBED_FROM_ALL = Pattern.compile("(?:" + UNSUBSCRIBED + ")+");

  private final Opened opened = new Opened();
  private final EmbeddedRedis behind = opened.redis();
  private final EmbeddedRedis direct = opened.redis();
  private final RunningProxy proxy;
  private final RespClient directWriter;
  private final RespClient proxyWriter;

  /** Redis's replies to the last step. */
  private String answered = "";

  /** Reads from the Redis behind the proxy. */
  private final RespClient behindReader;

  /**
   * Whether the server sends no reply to a wrong password while it has other replies to send, as
   * from Redis 7.2 on, and Valkey before 9. The proxy always sends one, so sessions are played
   * without log-ins.
   */
  private final boolean losesRefusals;

  /**
   * Whether the server is Valkey, which reads broken input otherwise than Redis, and so otherwise
   * than the proxy. Valkey 9 refuses a wrong line end, where Redis skips two bytes, whatever they
   * are. Valkey 8.1 finds the end of a line behind a NUL byte.
   */
  private final boolean isValkey;

  Comparison(Shape shape) {
    proxy = opened.proxy(shape, behind.url(), SETTINGS);
    directWriter = opened.client(direct);
    proxyWriter = opened.client(proxy);
    behindReader = opened.client(behind);
    losesRefusals = losesRefusals(opened.client(direct));
    isValkey = opened.client(direct).call("INFO", "server").contains("server_name:valkey");
  }

  /**
   * The session of a seed. Some sessions are damaged, unless the server reads them otherwise.
   *
   * @param ofCachedReads whether it reads few keys again and again
   */
  RandomSession session(long seed, boolean ofCachedReads) {
    if (isValkey) {
      return ofCachedReads ? RandomSession.ofCachedReads(seed) : RandomSession.of(seed);
    }
    return ofCachedReads ? SessionDamage.ofCachedReads(seed) : SessionDamage.of(seed);
  }

  private static boolean losesRefusals(RespClient client) {
    client.send(
        RespClient.request("PING")
            + RespClient.request("AUTH", "no", "x")
            + RespClient.request("ECHO", "end"));
    client.reply();
    return client.reply().equals(RespClient.bulk("end"));
  }

  private RandomSession playable(RandomSession session) {
    return losesRefusals
        ? session.replace(request -> request.toUpperCase(Locale.ROOT).contains("AUTH"), "PING")
        : session;
  }

  @Override
  public void close() {
    opened.close();
  }

  /** Lookups that the cache answered. */
  long hits() {
    return proxy.stat("hits");
  }

  /** Removes the steps and requests that the difference does not need. */
  RandomSession least(RandomSession session) {
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

  /** The differences of a session and of its shortest form; null if there are none. */
  String report(RandomSession drawn) {
    RandomSession session = playable(drawn);
    String difference = difference(session);
    if (difference == null) {
      return null;
    }
    RandomSession least = least(session);
    String again = difference(least);
    return difference
        + "\n"
        + session
        + "\nat least:\n"
        + (again == null ? "not every time\n" : again + "\n")
        + least;
  }

  /** Plays a session to both; returns the first difference, or null. */
  String difference(RandomSession session) {
    for (String[] request : new String[][] {{"SELECT", "0"}, {"FLUSHALL"}, {"SCRIPT", "FLUSH"}}) {
      directWriter.call(request);
      proxyWriter.call(request);
    }
    try (RespClient toDirect = new RespClient(direct.port()).timeout(TIMEOUT_MS);
        RespClient toProxy = proxy.resp().timeout(TIMEOUT_MS)) {
      String difference = played(session, toDirect, toProxy);
      return difference == null && session.isAnswered() ? kept() : difference;
    } catch (UncheckedIOException fault) {
      return "" + fault;
    }
  }

  private String played(RandomSession session, RespClient toDirect, RespClient toProxy) {
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
        if (difference == null && mayEnd(bytes) && toDirect.hasEnded()) {
          return more(toProxy);
        }
      }
      if (difference != null) {
        return difference;
      }
    }
    send(rest, 0, toDirect);
    send(rest, 0, toProxy);
    String difference = received("at the end", toDirect, toProxy);
    return difference == null ? more(toProxy.endOutput()) : difference;
  }

  /** Whether Redis may have closed the connection because of these requests. */
  private boolean mayEnd(String requests) {
    return answered.contains("Protocol error")
        || requests.toUpperCase(Locale.ROOT).contains("QUIT");
  }

  /** Extra bytes that the proxy sends before it closes; null if there are none. */
  private static String more(RespClient toProxy) {
    String more = toProxy.rest();
    return more.isEmpty() ? null : "then also: " + more;
  }

  /** Compares the data of both servers; returns the first difference, or null. */
  private String kept() {
    for (int db = 0; db < DATABASES; db++) {
      StringBuilder questions = new StringBuilder(RespClient.request("SELECT", "" + db));
      RandomSession.KEYS.forEach(key -> questions.append(RespClient.request("DUMP", key)));
      directWriter.send("" + questions);
      behindReader.send("" + questions);
      // Read all replies; else the next session would get the rest.
      List<String> expected = replies(directWriter);
      List<String> actual = replies(behindReader);
      for (int i = 0; i < expected.size(); i++) {
        String difference = compared("kept in " + db, expected.get(i), actual.get(i));
        if (difference != null && !(i > 0 && isSameSet(RandomSession.KEYS.get(i - 1)))) {
          return difference;
        }
      }
    }
    return null;
  }

  private static List<String> replies(RespClient from) {
    return IntStream.rangeClosed(0, RandomSession.KEYS.size()).mapToObj(i -> from.reply()).toList();
  }

  /** Each server lists the members of a set in its own order, so compares them sorted. */
  private boolean isSameSet(String key) {
    boolean isSet = directWriter.call("TYPE", key).equals("+set\r\n");
    return isSet
        && directWriter.call("SORT", key, "ALPHA").equals(behindReader.call("SORT", key, "ALPHA"))
        && behindReader.call("TYPE", key).equals("+set\r\n");
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
      try {
        to.send(bytes.substring(from, end));
      } catch (UncheckedIOException closed) {
        return; // the replies so far show whether the close was right
      }
      from = end;
    }
  }

  /** Compares the replies to a step; waits for those of the proxy. */
  private String received(String step, RespClient toDirect, RespClient toProxy) {
    // After Redis has answered two later requests, it has written all replies to the step.
    directWriter.call("PING");
    directWriter.call("PING");
    answered = toDirect.available();
    StringBuilder actual = new StringBuilder();
    try {
      while (masked("" + actual).length() < masked(answered).length()) {
        int read = toProxy.read();
        if (read < 0) {
          return compared("closed, " + step, answered, "" + actual);
        }
        actual.append((char) read).append(toProxy.available());
      }
      // On a busy machine the replies may not have arrived yet.
      while (masked(answered).length() < masked("" + actual).length()) {
        int read = toDirect.read();
        if (read < 0) {
          break;
        }
        answered += (char) read + toDirect.available();
      }
    } catch (UncheckedIOException late) {
      return late.getMessage() + ", " + compared(step, answered, "" + actual);
    }
    return compared(step, answered, "" + actual);
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
    return inOrder(replies.replaceAll("\\$2\r\nid\r\n:\\d+", "the client's id"));
  }

  /** Sorts the names: a server ends all subscriptions in the order of its hash table. */
  private static String inOrder(String replies) {
    return UNSUBSCRIBED_FROM_ALL
        .matcher(replies)
        .replaceAll(
            all -> {
              List<MatchResult> each = UNSUBSCRIBED.matcher(all.group()).results().toList();
              Iterator<String> names = each.stream().map(one -> one.group(2)).sorted().iterator();
              return Matcher.quoteReplacement(
                  each.stream()
                      .map(one -> one.group(1) + names.next() + one.group(3))
                      .collect(Collectors.joining()));
            });
  }
}
