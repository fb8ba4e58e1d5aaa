package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.front.resp.FakeFront.FakeRedisEnd;

/**
 * Random sessions that share a pool of dedicated connections get the same replies as sessions with
 * connections of their own. Redis's replies show the state of the connection over which the request
 * came, so a state that leaks from one session to another changes a reply.
 */
class PooledSessionsTest {
  private static final int CLIENTS = 4;
  private static final int REQUESTS = 40;
  private static final int GAMES = 12;

  /** One connection, as Redis sees it. */
  private static final class Connection {
    final FakeRedisEnd end;
    final Queue<String> requests = new ArrayDeque<>();
    int db;
    int resp = 2;
    int channels;
    boolean tracks;
    boolean watches;
    String name = "";
    List<String> queued;

    Connection(FakeRedisEnd end) {
      this.end = end;
    }
  }

  /** All clients of one front, and its Redis. */
  private static final class Game {
    final Random random;
    final FakeFront front;
    final List<FakeClient> clients = new ArrayList<>();
    final List<List<String>> scripts;
    final List<StringBuilder> replies = new ArrayList<>();
    final List<Connection> connections = new ArrayList<>();
    final Map<String, Integer> counters = new HashMap<>();

    /** The next request of each client. */
    final int[] next = new int[CLIENTS];

    Game(long seed, List<List<String>> scripts, String... settings) throws Exception {
      this.random = new Random(seed);
      this.scripts = scripts;
      this.front = new FakeFront(settings);
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(front.connect());
        replies.add(new StringBuilder());
      }
    }

    List<String> play() throws Exception {
      for (int i = 0; i < 20_000 && !isOver(); i++) {
        int client = random.nextInt(CLIENTS);
        int count = Math.min(1 + random.nextInt(3), REQUESTS - next[client]);
        if (count > 0 && random.nextInt(3) == 0) {
          String[] some =
              scripts
                  .get(client)
                  .subList(next[client], next[client] + count)
                  .toArray(String[]::new);
          next[client] += count;
          clients.get(client).asks(some);
        }
        serve();
      }
      assertTrue(isOver(), () -> "not all are answered: " + replies);
      return replies.stream().map(Game::withoutHello).toList();
    }

    /** The proxy itself answers some HELLOs, and then the reply contains more. */
    private static String withoutHello(StringBuilder all) {
      return all.toString()
          .replaceAll("[%*]\\d+ (\\$6 server .*? modules \\*0|\\$5 proto :\\d) ", "hello ");
    }

    /** The last request of each client is a TIME, which has a reply of its own. */
    private boolean isOver() {
      return replies.stream().allMatch(all -> all.toString().endsWith("*1 $3 end "));
    }

    private void serve() throws Exception {
      front.settle();
      while (front.pendingConnections() > 0) {
        connections.add(new Connection(front.connected()));
      }
      for (Connection each : connections) {
        serve(each);
      }
      while (front.cache.fences() > 0) {
        front.cache.fence(true);
        front.settle();
      }
      for (int i = 0; i < CLIENTS; i++) {
        replies.get(i).append(clients.get(i).received());
      }
    }

    private void serve(Connection connection) throws Exception {
      String received = connection.end.received();
      if (!received.isEmpty()) {
        connection.requests.addAll(List.of(received.split(", ")));
      }
      StringBuilder all = new StringBuilder();
      while (!connection.requests.isEmpty() && random.nextInt(4) > 0) {
        all.append(reply(connection, connection.requests.remove()));
      }
      if (all.length() > 0) {
        connection.end.says(all.toString());
      }
    }

    private String reply(Connection on, String request) {
      if (on.queued != null
          && !request.equals("EXEC")
          && !request.equals("DISCARD")
          && !request.equals("RESET")) {
        on.queued.add(request);
        return "+QUEUED ";
      }
      String[] words = (request + " ").split(" ", -1);
      return switch (words[0] + (words[0].equals("CLIENT") ? " " + words[1] : "")) {
        case "MULTI" -> {
          on.queued = new ArrayList<>();
          yield "+OK ";
        }
        case "EXEC" -> {
          List<String> queued = on.queued;
          on.queued = null;
          on.watches = false;
          StringBuilder results = new StringBuilder("*" + queued.size() + " ");
          queued.forEach(each -> results.append(reply(on, each)));
          yield results.toString();
        }
        case "DISCARD" -> {
          on.queued = null;
          on.watches = false;
          yield "+OK ";
        }
        case "WATCH" -> {
          on.watches = true;
          yield "+OK ";
        }
        case "UNWATCH" -> {
          on.watches = false;
          yield "+OK ";
        }
        case "SELECT" -> {
          on.db = Integer.parseInt(words[1]);
          yield "+OK ";
        }
        case "HELLO" -> {
          on.resp = Integer.parseInt(words[1]);
          yield "*2 $5 proto :" + on.resp + " ";
        }
        case "CLIENT SETNAME" -> {
          on.name = words[2];
          yield "+OK ";
        }
        case "CLIENT GETNAME" -> "$" + on.name.length() + " " + on.name + " ";
        case "CLIENT ID" -> ":" + (connections.indexOf(on) + 1) + " ";
        case "CLIENT TRACKING" -> {
          on.tracks = words[2].equals("ON");
          yield "+OK ";
        }
        case "SUBSCRIBE" -> "*3 $9 subscribe $1 c :" + ++on.channels + " ";
        case "UNSUBSCRIBE" -> "*3 $11 unsubscribe $1 c :" + --on.channels + " ";
        case "RESET" -> {
          on.db = 0;
          on.resp = 2;
          on.channels = 0;
          on.tracks = false;
          on.watches = false;
          on.queued = null;
          on.name = "";
          yield "+RESET ";
        }
        case "INCR" -> ":" + counters.merge(on.db + words[1], 1, Integer::sum) + " ";
        case "TIME" -> "*1 $3 end ";
        case "PING" -> "+PONG ";
        default ->
            "*5 :%d :%d :%d :%d :%d "
                .formatted(on.db, on.resp, on.channels, on.tracks ? 1 : 0, on.watches ? 1 : 0);
      };
    }
  }

  /** A random session. It ends with nothing under way. */
  private static List<String> script(Random random, int client) {
    List<String> script = new ArrayList<>();
    boolean tracks = random.nextInt(4) == 0;
    while (script.size() < REQUESTS - 6) {
      switch (random.nextInt(14)) {
        case 0 -> script.add("SELECT " + random.nextInt(3));
        case 1 -> script.add("CLIENT SETNAME n" + client);
        case 2 -> script.add("CLIENT GETNAME");
        case 3 -> script.addAll(List.of("MULTI", "LRANGE k 0 1", "INCR k" + client, "EXEC"));
        case 4 ->
            script.addAll(
                List.of("WATCH k", "LRANGE k 0 1", random.nextBoolean() ? "UNWATCH" : "DISCARD"));
        case 5 -> script.add("HELLO " + (2 + random.nextInt(2)));
        case 6 -> script.add("BLPOP q 0");
        case 7 -> script.addAll(List.of("SUBSCRIBE c", "UNSUBSCRIBE c"));
        case 8 -> script.add(tracks ? "CLIENT TRACKING ON" : "RESET");
        case 9 -> script.addAll(List.of("MULTI", "SELECT 2", "LRANGE k 0 1", "EXEC", "SELECT 1"));
        case 10, 11 -> script.add("INCR k" + client);
        default -> script.add("LRANGE k 0 1");
      }
    }
    while (script.size() < REQUESTS - 1) {
      script.add("LRANGE k 0 1");
    }
    script.add("TIME");
    return script;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 64})
  void sessionsOfAPool_getTheRepliesOfSessionsOfTheirOwn(int max) throws Exception {
    for (long seed = 0; seed < GAMES; seed++) {
      Random random = new Random(seed);
      List<List<String>> scripts = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        scripts.add(script(random, i));
      }
      List<String> own = play(seed, scripts, "resp.pooling", "false");
      String size = "" + max;
      List<String> pooled =
          play(seed, scripts, "resp.pooling", "true", "redis.max-connections", size);
      for (int i = 0; i < CLIENTS; i++) {
        assertEquals(own.get(i), pooled.get(i), "with seed " + seed + ": " + scripts.get(i));
      }
    }
  }

  private static List<String> play(long seed, List<List<String>> scripts, String... settings)
      throws Exception {
    Game game = new Game(seed, scripts, settings);
    try {
      return game.play();
    } finally {
      game.front.close();
    }
  }
}
