package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redisproxy.command.CachedCommands;
import redisproxy.command.CommandTable;
import redisproxy.command.Parsed;
import redisproxy.dev.EmbeddedRedis;

/** The table from a real server finds the same keys as the server's own COMMAND GETKEYS. */
class CommandReplyIT {
  private static final int TRIES = 60;

  /** Requests with keys after certain words, which the random requests do not contain. */
  private static final List<String> REQUESTS =
      List.of(
          "xread COUNT 2 STREAMS a b c 0 0 0",
          "xread BLOCK 1 streams a $",
          "xreadgroup GROUP streams c STREAMS a b 0 0",
          "xreadgroup GROUP g c COUNT 1 NOACK Streams a >",
          "georadius k 1 2 3 km WITHDIST COUNT 3 ASC STORE d",
          "georadius k 1 2 3 km STOREDIST d",
          "georadiusbymember k store 3 km STORE d",
          "georadiusbymember k m 3 km COUNT 2 ANY storedist d",
          "sort k BY w_* LIMIT 0 5 GET # GET store DESC ALPHA STORE d",
          "sort k STORE d",
          "sort k store d STORE e",
          "migrate h 1 k 0 9",
          "migrate h 1 k 0 9 COPY REPLACE AUTH keys",
          "eval s 2 a b c",
          "evalsha s 1 a",
          "zunionstore d 2 a b WEIGHTS 1 2",
          "zinterstore d 1 a AGGREGATE MAX",
          "zdiffstore d 2 a b",
          "zunion 2 a b WITHSCORES",
          "lmpop 2 a b LEFT",
          "blmpop 0 2 a b LEFT",
          "zmpop 1 a MIN",
          "bzmpop 0 1 a MIN",
          "fcall f 2 a b c",
          "fcall_ro f 0",
          "sintercard 2 a b LIMIT 1",
          "zintercard 1 a",
          "memory usage k",
          "object encoding k",
          "xgroup create k g $",
          "xinfo stream k",
          "set k v GET",
          "bitfield k GET u8 0");

  private static EmbeddedRedis redis;
  private static Vertx vertx;
  private static RedisConnection connection;
  private static CommandTable table;

  @BeforeAll
  static void start() throws Exception {
    redis = EmbeddedRedis.start();
    vertx = Vertx.vertx();
    connection = await(Redis.createClient(vertx, redis.url()).connect());
    table = await(Server.ask(connection)).commands();
  }

  @AfterAll
  static void stop() throws Exception {
    await(vertx.close());
    redis.close();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** The keys that the server finds, sorted; null if it rejects the request. */
  private static List<String> serversKeys(List<String> request) throws Exception {
    Request getKeys = Request.cmd(Command.COMMAND).arg("GETKEYS");
    request.forEach(getKeys::arg);
    try {
      List<String> keys = new ArrayList<>();
      await(connection.send(getKeys)).forEach(key -> keys.add(key.toString()));
      Collections.sort(keys);
      return keys;
    } catch (ExecutionException refused) {
      return refused.getMessage().contains("no key arguments") ? List.of() : null;
    }
  }

  /** The keys that the table finds, sorted; null if there may be others. */
  private static List<String> keys(List<String> request) {
    var read = Parsed.array(table, request.toArray(new String[0]));
    List<String> keys = new ArrayList<>();
    boolean areAll = read.keys(key -> keys.add(read.text(key, 100)));
    Collections.sort(keys);
    return areAll ? keys : null;
  }

  @Test
  void keys_afterWords_matchTheServer() throws Exception {
    for (String line : REQUESTS) {
      List<String> request = List.of(line.split(" "));
      List<String> expected = serversKeys(request);
      if (expected != null) {
        assertEquals(expected, keys(request), line);
      }
    }
  }

  /** Arguments are words and small numbers, so that some of them count keys. */
  @Test
  void keys_ofEveryCommand_matchTheServer() throws Exception {
    Random random = new Random(1);
    Set<String> withoutKeys = new TreeSet<>();
    int found = 0;
    for (List<String> names : names()) {
      boolean hasKeys = false;
      for (int i = 0; i < TRIES; i++) {
        List<String> request = new ArrayList<>(names);
        for (int arguments = random.nextInt(8); arguments > 0; arguments--) {
          boolean isNumber = random.nextInt(3) == 0;
          request.add(isNumber ? "" + random.nextInt(4) : "w" + random.nextInt(100));
        }
        List<String> expected = serversKeys(request);
        if (expected != null) {
          hasKeys |= !expected.isEmpty();
          List<String> keys = keys(request);
          // If the number of keys is not a number, the server finds no keys.
          if (keys != null || !expected.isEmpty()) {
            assertEquals(expected, keys, request.toString());
          }
        }
      }
      found += hasKeys ? 1 : 0;
      if (!hasKeys) {
        withoutKeys.add(String.join(" ", names));
      }
    }
    assertTrue(found > 150, found + " commands have keys; these had none: " + withoutKeys);
  }

  @Test
  void keys_ofCommandsWithoutKeys_areKnownToBeNone() {
    for (String line : List.of("PING", "DBSIZE", "FLUSHALL", "CLIENT ID", "SCRIPT LOAD x")) {
      assertEquals(List.of(), keys(List.of(line.split(" "))), line);
    }
  }

  /** A server of any version has all these since 7.0. */
  @Test
  void readsKeys_ofEveryCommandThatIsCachedByDefault_isTrueOnTheServer() throws Exception {
    CachedCommands cached = CachedCommands.of(List.of());
    Set<String> found = new TreeSet<>();
    for (List<String> name : names()) {
      var request = Parsed.array(table, name.get(0).toUpperCase(Locale.ROOT), "k");
      if (name.size() == 1 && cached.of(request) != null) {
        found.add(name.get(0));
        assertEquals(List.of("k"), keys(List.of(name.get(0), "k")), name.get(0));
      }
    }
    assertEquals(48, found.size(), found.toString());
  }

  /** Each command, and each subcommand. */
  private static Set<List<String>> names() throws Exception {
    Set<List<String>> names = new HashSet<>();
    for (Response row : await(connection.send(Request.cmd(Command.COMMAND)))) {
      names.add(List.of(row.get(0).toString()));
      if (row.size() > 9) {
        row.get(9).forEach(sub -> names.add(List.of(sub.get(0).toString().split("[|]"))));
      }
    }
    return names;
  }
}
