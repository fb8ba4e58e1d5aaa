package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Transaction;
import redisproxy.dev.EmbeddedRedis;

/**
 * Whole sessions of real client libraries, with Redis directly and through the proxy. Both must
 * give the same results.
 */
@InEachShape
class ClientSessionsIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis behind;
  private EmbeddedRedis direct;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    behind = opened.redis();
    direct = opened.redis();
    proxy = opened.proxy(shape, behind.url());
  }

  private void same(IntFunction<List<Object>> session) {
    List<Object> expected = session.apply(direct.port());
    assertEquals(expected.toString(), session.apply(proxy.respPort()).toString());
  }

  private static Object outcome(Callable<?> call) {
    try {
      return call.call();
    } catch (Exception e) {
      return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
  }

  @Test
  void jedis() {
    same(ClientSessionsIT::jedis);
  }

  private static List<Object> jedis(int port) {
    List<Object> seen = new ArrayList<>();
    try (Jedis jedis = new Jedis("127.0.0.1", port);
        Jedis other = new Jedis("127.0.0.1", port)) {
      seen.add(jedis.set("s", "1"));
      seen.add(jedis.get("s"));
      seen.add(jedis.incrBy("s", 41));
      seen.add(other.get("s"));
      seen.add(jedis.hset("h", Map.of("a", "1", "b", "2")));
      seen.add(new TreeMap<>(jedis.hgetAll("h")));
      Transaction transaction = jedis.multi();
      transaction.set("t", "in");
      transaction.get("t");
      transaction.lpush("s", "wrong type");
      seen.add(outcome(transaction::exec));
      seen.add(other.get("t"));
      seen.add(jedis.watch("t"));
      other.set("t", "changed");
      Transaction failing = jedis.multi();
      failing.set("t", "lost");
      seen.add(outcome(failing::exec));
      seen.add(jedis.get("t"));
      seen.add(jedis.eval("return {KEYS[1],ARGV[1],redis.call('GET','t')}", 1, "k", "v"));
      seen.add(outcome(() -> jedis.evalsha("0000000000000000000000000000000000000000")));
      seen.add(outcome(() -> jedis.blpop(1, "queue-none")));
      jedis.rpush("queue", "a", "b");
      seen.add(jedis.blpop(1, "queue"));
      Pipeline pipeline = jedis.pipelined();
      for (int i = 0; i < 100; i++) {
        pipeline.set("p" + i, "v" + i);
        pipeline.get("p" + i);
      }
      seen.add(pipeline.syncAndReturnAll());
      seen.add(published(jedis, other));
      seen.add(jedis.select(1));
      seen.add(jedis.get("s"));
    }
    return seen;
  }

  private static Object published(Jedis subscriber, Jedis publisher) {
    List<String> heard = new ArrayList<>();
    subscriber.subscribe(
        new JedisPubSub() {
          @Override
          public void onSubscribe(String channel, int count) {
            heard.add("+" + channel + count);
            publisher.publish("news", "one");
            publisher.publish("news", "two");
          }

          @Override
          public void onMessage(String channel, String message) {
            heard.add(message);
            if (message.equals("two")) {
              unsubscribe();
            }
          }

          @Override
          public void onUnsubscribe(String channel, int count) {
            heard.add("-" + channel + count);
          }
        },
        "news");
    return heard;
  }

  @Test
  void lettuceInResp2() {
    same(port -> lettuce(port, ProtocolVersion.RESP2));
  }

  @Test
  void lettuceInResp3() {
    same(port -> lettuce(port, ProtocolVersion.RESP3));
  }

  private static List<Object> lettuce(int port, ProtocolVersion version) {
    List<Object> seen = new ArrayList<>();
    RedisClient client = RedisClient.create("redis://127.0.0.1:" + port);
    client.setOptions(ClientOptions.builder().protocolVersion(version).build());
    try (StatefulRedisConnection<String, String> connection = client.connect();
        StatefulRedisPubSubConnection<String, String> pubsub = client.connectPubSub()) {
      RedisCommands<String, String> redis = connection.sync();
      seen.add(redis.get("none"));
      seen.add(redis.set("a", "1"));
      seen.add(redis.get("a"));
      seen.add(redis.mget("a", "none"));
      seen.add(redis.zadd("z", 1.5, "m"));
      seen.add(redis.zscore("z", "m"));
      seen.add(redis.zrangeWithScores("z", 0, -1));
      seen.add(redis.hset("h", Map.of("f", "v")));
      seen.add(redis.hgetall("h"));
      seen.add(redis.multi());
      redis.set("a", "2");
      redis.get("a");
      seen.add(redis.exec().stream().toList());
      seen.add(redis.get("a"));
      seen.add(redis.eval("return redis.call('INCR', KEYS[1])", ScriptOutputType.INTEGER, "a"));
      seen.add(redis.get("a"));
      seen.add(outcome(() -> redis.lpush("a", "x")));
      KeyValue<String, String> popped = redis.blpop(1, "none-at-all");
      seen.add(String.valueOf(popped));
      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      pubsub.addListener(
          new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
              heard.add(channel + "=" + message);
            }
          });
      pubsub.sync().subscribe("news");
      redis.publish("news", "hello");
      seen.add(outcome(() -> heard.poll(10, TimeUnit.SECONDS)));
    } finally {
      client.shutdown(0, 0, TimeUnit.SECONDS);
    }
    return seen;
  }

  @Test
  void vertxRedisClient() {
    Vertx vertx = Vertx.vertx();
    try {
      same(port -> vertx(vertx, port));
    } finally {
      vertx.close();
    }
  }

  private static List<Object> vertx(Vertx vertx, int port) {
    List<Object> seen = new ArrayList<>();
    Redis client = Redis.createClient(vertx, "redis://127.0.0.1:" + port);
    RedisConnection connection = await(client.connect());
    for (Request request :
        List.of(
            Request.cmd(Command.GET).arg("none"),
            Request.cmd(Command.SET).arg("a").arg("1"),
            Request.cmd(Command.GET).arg("a"),
            Request.cmd(Command.HSET).arg("h").arg("f").arg("v"),
            Request.cmd(Command.HGETALL).arg("h"),
            Request.cmd(Command.INCR).arg("a"),
            Request.cmd(Command.GET).arg("a"),
            Request.cmd(Command.LPUSH).arg("a").arg("x"))) {
      seen.add(String.valueOf(outcome(() -> await(connection.send(request)))));
    }
    seen.add(
        String.valueOf(
            await(
                connection.batch(
                    List.of(
                        Request.cmd(Command.SET).arg("b").arg("2"),
                        Request.cmd(Command.GET).arg("b"))))));
    client.close();
    return seen;
  }

  private static <T> T await(io.vertx.core.Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e.getMessage());
    }
  }
}
