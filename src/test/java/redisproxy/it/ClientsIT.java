package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.ProtocolVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redisproxy.dev.EmbeddedRedis;

/** Real client libraries, as applications use them. */
@InEachShape
class ClientsIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    try (Jedis direct = new Jedis(redis.host(), redis.port())) {
      for (int i = 0; i < 500; i++) {
        direct.set("k" + i, "v" + i);
      }
      direct.set(new byte[] {0, (byte) 0xff, '\r', '\n'}, new byte[] {(byte) 0xfe, 0, '\n'});
      direct.lpush("list", "a");
    }
  }

  @Test
  void jedis_getsAndPipelines() {
    try (Jedis jedis = new Jedis("127.0.0.1", proxy.respPort())) {
      assertEquals("PONG", jedis.ping());
      assertEquals("v1", jedis.get("k1"));
      assertNull(jedis.get("none"));
      assertArrayEquals(
          new byte[] {(byte) 0xfe, 0, '\n'}, jedis.get(new byte[] {0, (byte) 0xff, '\r', '\n'}));
      assertTrue(
          assertThrows(JedisDataException.class, () -> jedis.get("list"))
              .getMessage()
              .startsWith("WRONGTYPE"));
      for (int round = 0; round < 2; round++) {
        Pipeline pipeline = jedis.pipelined();
        List<Response<String>> replies = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
          replies.add(pipeline.get("k" + i % 500));
        }
        pipeline.sync();
        for (int i = 0; i < replies.size(); i++) {
          assertEquals("v" + i % 500, replies.get(i).get());
        }
      }
    }
    assertTrue(proxy.stat("hits") >= 2000);
  }

  @Test
  void jedisPool_isSharedByThreads() throws InterruptedException {
    List<Throwable> faults = new ArrayList<>();
    try (RedisClient pool = RedisClient.create("127.0.0.1", proxy.respPort())) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 1000; i++) {
                    assertEquals("v" + i % 500, pool.get("k" + i % 500));
                  }
                });
        thread.setUncaughtExceptionHandler((failed, fault) -> faults.add(fault));
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(List.of(), faults);
    assertEquals(500, proxy.stat("loads"));
  }

  @Test
  void lettuce_getsAsynchronously() throws Exception {
    io.lettuce.core.RedisClient client =
        io.lettuce.core.RedisClient.create("redis://127.0.0.1:" + proxy.respPort());
    client.setOptions(ClientOptions.builder().protocolVersion(ProtocolVersion.RESP2).build());
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      List<RedisFuture<String>> replies = new ArrayList<>();
      for (int i = 0; i < 2000; i++) {
        replies.add(connection.async().get("k" + i % 500));
      }
      for (int i = 0; i < replies.size(); i++) {
        assertEquals("v" + i % 500, replies.get(i).get(10, TimeUnit.SECONDS));
      }
      assertNull(connection.sync().get("none"));
      assertThrows(RedisCommandExecutionException.class, () -> connection.sync().get("list"));
    } finally {
      client.shutdown(0, 0, TimeUnit.SECONDS);
    }
  }
}
