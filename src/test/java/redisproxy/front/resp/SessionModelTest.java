package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.front.resp.FakeFront.FakeRedisEnd;

/**
 * Sends random requests in random pieces, with random events between them. In every order of
 * events, each request has one reply, in the order of the requests, and no reply is older than an
 * earlier one.
 *
 * <p>Redis is a map of numbers that only grow. The cache learns late of the writes of others: at a
 * fence that passes, when the proxy invalidates the key, or at any other moment.
 */
class SessionModelTest {
  private static final int SESSIONS = 60;
  private static final int STEPS = 60;

  /** One session, with the state of the model. */
  private static final class Game {
    final Random random;
    final FakeFront front;
    final FakeClient client;

    /** The values in Redis. */
    final Map<String, Integer> redis = new ConcurrentHashMap<>(Map.of("a", 0, "b", 0));

    final List<FakeRedisEnd> ends = new ArrayList<>();

    /** The requests that Redis has not answered, for each connection. */
    final List<Queue<String>> unanswered = new ArrayList<>();

    /** The client's requests without a reply. */
    final Queue<String> asked = new ArrayDeque<>();

    /** The newest value of each key that the client has seen. */
    final Map<String, Integer> seen = new HashMap<>();

    final StringBuilder unsent = new StringBuilder();
    final StringBuilder unread = new StringBuilder();
    int echoed;

    Game(long seed, boolean pooling) throws Exception {
      random = new Random(seed);
      front = new FakeFront("resp.pooling", "" + pooling);
      client = front.connect();
      front.cache.isSlowWith("a", "b");
      front.loop.run(this::learnAll);
      front.cache.invalidated =
          writes -> writes.keys().forEach(key -> learn(new String(key, StandardCharsets.US_ASCII)));
    }

    /** Copies the value of a key from Redis to the cache. */
    private void learn(String key) {
      front.cache.put(key, FakeCache.entry(key, "" + redis.get(key)));
    }

    private void learnAll() {
      redis.keySet().forEach(this::learn);
    }

    private int grow(String key) {
      return redis.merge(key, 1, Integer::sum);
    }

    private String key() {
      return random.nextBoolean() ? "a" : "b";
    }

    void step() throws Exception {
      switch (random.nextInt(8)) {
        case 0, 1 -> request();
        case 2, 3 -> send();
        case 4 -> answerOfTheCache();
        case 5 -> answerOfRedis();
        case 6 -> fence();
        default -> writeOfAnother();
      }
      read();
    }

    private void request() {
      String request =
          switch (random.nextInt(7)) {
            case 0, 1, 2 -> "GET " + key();
            case 3 -> "INCR " + key();
            case 4 -> "SET " + key() + " 1";
            case 5 -> "ECHO e" + echoed++;
            default -> "LRANGE l 0 " + echoed++;
          };
      asked.add(request);
      unsent.append(FakeClient.array(request));
    }

    /** Sends a part of the unsent bytes. */
    private void send() throws Exception {
      int length = Math.min(unsent.length(), 1 + random.nextInt(80));
      if (length > 0) {
        client.sends(unsent.substring(0, length));
        unsent.delete(0, length);
      }
    }

    private void answerOfTheCache() throws Exception {
      List<String> waiting = front.cache.waiting();
      if (!waiting.isEmpty()) {
        front.cache.answer(waiting.get(random.nextInt(waiting.size())));
        front.settle();
      }
    }

    private void fence() throws Exception {
      if (front.cache.fences() > 0) {
        boolean passes = random.nextInt(4) > 0;
        if (passes) {
          front.loop.run(this::learnAll);
        }
        front.cache.fence(passes);
        front.settle();
      }
    }

    /** Another client writes, or the cache learns of its write. */
    private void writeOfAnother() throws Exception {
      String key = key();
      if (random.nextInt(3) > 0) {
        grow(key);
      } else {
        front.loop.run(() -> learn(key));
      }
    }

    private void answerOfRedis() throws Exception {
      connect();
      for (int i = 0; i < ends.size(); i++) {
        Queue<String> requests = unanswered.get(i);
        String received = ends.get(i).received();
        if (!received.isEmpty()) {
          requests.addAll(List.of(received.split(", ")));
        }
        StringBuilder replies = new StringBuilder();
        for (int n = random.nextInt(4); n > 0 && !requests.isEmpty(); n--) {
          replies.append(reply(requests.remove()));
        }
        if (replies.length() > 0) {
          ends.get(i).says(replies.toString());
        }
      }
    }

    private void connect() throws Exception {
      front.settle();
      while (front.pendingConnections() > 0) {
        ends.add(front.connected());
        unanswered.add(new ArrayDeque<>());
      }
    }

    private String reply(String request) {
      String[] words = request.split(" ");
      switch (words[0]) {
        case "GET":
          return bulk("" + redis.get(words[1]));
        case "INCR":
          return ":" + grow(words[1]) + " ";
        case "SET":
          // Ignore the client's value, so that the numbers continue to grow.
          grow(words[1]);
          return "+OK ";
        case "ECHO":
          return bulk(words[1]);
        case "LRANGE":
          return "*1 " + bulk(words[3]);
        case "CLIENT":
          return ":7 ";
        case "PING":
          return "+PONG ";
        default:
          return fail("Redis was sent " + request);
      }
    }

    private static String bulk(String text) {
      return "$" + text.length() + " " + text + " ";
    }

    /** Checks that the received replies match the oldest requests. */
    private void read() throws Exception {
      unread.append(client.received());
      while (!asked.isEmpty() && isWhole(asked.element())) {
        String[] words = asked.remove().split(" ");
        switch (words[0]) {
          case "GET" -> newer(words[1], Integer.parseInt(bulk()));
          case "INCR" -> newer(words[1], Integer.parseInt(line(':')));
          case "SET" -> assertEquals("OK", line('+'));
          case "ECHO" -> assertEquals(words[1], bulk());
          default -> {
            assertEquals("1", line('*'));
            assertEquals(words[3], bulk());
          }
        }
      }
      if (asked.isEmpty()) {
        assertEquals("", unread.toString(), "a reply without a request");
      }
    }

    /** Whether the reply is complete: it is, once all its words have arrived. */
    private boolean isWhole(String request) {
      int words = request.startsWith("L") ? 3 : request.matches("[GE].*") ? 2 : 1;
      return unread.chars().filter(c -> c == ' ').count() >= words;
    }

    private String line(char type) {
      assertEquals(type, unread.charAt(0), "of " + unread + " for " + asked);
      int end = unread.indexOf(" ");
      String line = unread.substring(1, end);
      unread.delete(0, end + 1);
      return line;
    }

    private String bulk() {
      int length = Integer.parseInt(line('$'));
      String bulk = unread.substring(0, length);
      unread.delete(0, length + 1);
      return bulk;
    }

    private void newer(String key, int value) {
      int before = seen.getOrDefault(key, 0);
      assertTrue(value >= before, key + " was " + before + " and is " + value);
      assertTrue(value <= redis.get(key), key + " is " + value + " before it is");
      seen.put(key, value);
    }

    /** Sends and answers everything. */
    void end() throws Exception {
      for (int i = 0; i < 1000 && !(asked.isEmpty() && unsent.isEmpty()); i++) {
        send();
        answerOfTheCache();
        answerOfRedis();
        fence();
        read();
      }
      assertEquals("[]", asked.toString(), "without a reply");
      assertTrue(client.isOpen() && !client.isOutputEnded());
      assertEquals(0, client.session.held());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void requests_withRandomEvents_getRepliesInOrder_andNoOlderValues(boolean pooling)
      throws Exception {
    for (long seed = 0; seed < SESSIONS; seed++) {
      Game game = new Game(seed, pooling);
      try {
        for (int i = 0; i < STEPS; i++) {
          game.step();
        }
        game.end();
      } catch (AssertionError wrong) {
        throw new AssertionError("with seed " + seed, wrong);
      } finally {
        game.front.close();
      }
    }
  }
}
