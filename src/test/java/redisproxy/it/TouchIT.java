package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** With {@code cache.touch-interval}, Redis does not evict the keys that the cache answers. */
@InEachShape
class TouchIT {
  /** How many keys are hit, and how many are not. */
  private static final int KEYS = 40;

  private static final String VALUE = "v".repeat(20_000);

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;

  /** A client of Redis itself. */
  private RespClient direct;

  private void startRedis(String... config) {
    redis = opened.redis(config);
    direct = opened.client(redis);
  }

  private RunningProxy proxy(String interval, String... more) {
    return proxyOf(redis.url(), interval, more);
  }

  private RunningProxy proxyOf(String url, String interval, String... more) {
    String[] settings = new String[4 + more.length];
    System.arraycopy(more, 0, settings, 4, more.length);
    settings[0] = "cache.touch-interval";
    settings[1] = interval;
    settings[2] = "cache.expiry";
    settings[3] = "1h";
    RunningProxy proxy = opened.proxy(shape, url, settings);
    proxy.awaitTracking();
    return proxy;
  }

  /** How long Redis has not seen a use of a key, in seconds by its own clock. */
  private long idle(RespClient at, String key) {
    return number(at.call("OBJECT", "IDLETIME", key));
  }

  private static long number(String reply) {
    assertTrue(reply.startsWith(":"), reply);
    return Long.parseLong(reply.substring(1).trim());
  }

  private long existing(String prefix) {
    long existing = 0;
    for (int i = 0; i < KEYS; i++) {
      existing += number(direct.call("EXISTS", prefix + i));
    }
    return existing;
  }

  private void set(String prefix) {
    for (int i = 0; i < KEYS; i++) {
      direct.call("SET", prefix + i, VALUE);
    }
  }

  private static void hit(RespClient client) {
    for (int i = 0; i < KEYS; i++) {
      client.call("GET", "hot" + i);
    }
  }

  /** Makes Redis evict about a quarter of the keys. */
  private void evict() {
    Matcher used = Pattern.compile("used_memory:(\\d+)").matcher(direct.call("INFO", "memory"));
    assertTrue(used.find());
    long most = Long.parseLong(used.group(1)) - (long) KEYS / 2 * VALUE.length();
    direct.call("CONFIG", "SET", "maxmemory", String.valueOf(most));
    await().until(() -> number(direct.call("DBSIZE")) < 2 * KEYS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1s", "0"})
  void keysThatTheCacheAnswers_areEvictedOnlyWithoutTheSetting(String interval) {
    startRedis("maxmemory-policy allkeys-lru", "maxmemory-samples 64");
    RunningProxy proxy = proxy(interval);
    RespClient client = opened.client(proxy);
    set("hot");
    hit(client);
    await().until(() -> idle(direct, "hot0") >= 2);
    // These are not read, but Redis knows of a later use of them than of the others.
    set("cold");
    await()
        .until(
            () -> {
              hit(client);
              return idle(direct, "cold0") >= 3;
            });
    assertEquals(KEYS, proxy.stat("loads"), "all other reads were hits");
    if (interval.equals("0")) {
      assertEquals(0, proxy.stat("touched"));
      evict();
      assertTrue(existing("hot") < KEYS);
      assertEquals(KEYS, existing("cold"));
    } else {
      await()
          .until(
              () -> {
                hit(client);
                return idle(direct, "hot" + (KEYS - 1)) < idle(direct, "cold0");
              });
      evict();
      assertEquals(KEYS, existing("hot"));
      assertTrue(existing("cold") < KEYS);
    }
  }

  /** The replies of the other database are loaded over connections that do not send TOUCH. */
  @Test
  void keysOfAnotherDatabase_areTouched() {
    startRedis();
    RunningProxy proxy = proxy("1s");
    RespClient client = opened.client(proxy);
    for (RespClient each : new RespClient[] {client, direct}) {
      each.call("SELECT", "5");
    }
    direct.call("HSET", "h", "f", "v");
    direct.call("HSET", "unread", "f", "v");
    client.call("HGETALL", "h");
    client.call("HGETALL", "unread");
    await()
        .until(
            () -> {
              client.call("HGETALL", "h");
              return idle(direct, "unread") >= 3 && idle(direct, "h") < idle(direct, "unread");
            });
    assertEquals(2, proxy.stat("loads"));
    assertTrue(proxy.stat("touched") > 0);
  }

  /** A replica refuses writes, and TOUCH is none. */
  @Test
  void keysOfAReplica_areTouched() {
    startRedis();
    direct.call("SET", "k", "v");
    direct.call("SET", "unread", "v");
    EmbeddedRedis replica = opened.redis("replicaof " + redis.host() + " " + redis.port());
    RespClient atReplica = opened.client(replica);
    await().until(() -> atReplica.call("EXISTS", "unread").equals(":1\r\n"));
    RunningProxy proxy = proxyOf(replica.url(), "1s");
    RespClient client = opened.client(proxy);
    client.call("GET", "k");
    client.call("GET", "unread");
    await()
        .until(
            () -> {
              client.call("GET", "k");
              return idle(atReplica, "unread") >= 3
                  && idle(atReplica, "k") < idle(atReplica, "unread");
            });
    assertTrue(proxy.stat("touched") > 0);
  }

  @Test
  void touchThatTheAclForbids_isTriedOnce_andReadsGoOn() {
    startRedis();
    direct.call("ACL", "SETUSER", "proxy", "on", ">p", "~*", "&*", "+@all", "-touch");
    direct.call("SET", "k", "v");
    RunningProxy proxy =
        proxyOf(
            redis.url().replace("redis://", "redis://proxy:p@"),
            "1s",
            "auth.mode",
            "own",
            "auth.password",
            "clients");
    RespClient client = opened.client(proxy);
    client.call("AUTH", "clients");
    await()
        .until(
            () -> {
              assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
              return idle(direct, "k") >= 4;
            });
    assertEquals(1, proxy.stat("loads"));
    assertEquals(0, proxy.stat("touched"));
    String stats = direct.call("INFO", "commandstats");
    Matcher rejected = Pattern.compile("cmdstat_touch:.*rejected_calls=(\\d+)").matcher(stats);
    assertTrue(rejected.find(), stats);
    assertEquals("1", rejected.group(1));
  }
}
