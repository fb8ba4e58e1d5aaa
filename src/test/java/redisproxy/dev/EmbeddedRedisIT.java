package redisproxy.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

class EmbeddedRedisIT {
  private static final int TIMEOUT_MILLIS = 500;

  @Test
  void restart_afterStop_isEmptyOnTheSamePort() {
    try (EmbeddedRedis redis = EmbeddedRedis.start()) {
      try (Jedis jedis = connect(redis)) {
        jedis.set("color", "blue");
      }
      int port = redis.port();

      redis.stop();
      assertThrows(JedisConnectionException.class, () -> connect(redis).ping());

      redis.restart();
      assertEquals(port, redis.port());
      try (Jedis jedis = connect(redis)) {
        assertNull(jedis.get("color"));
        assertEquals("", jedis.configGet("save").get("save"));
      }
    }
  }

  @Test
  void pause_keepsConnectionsOpenWithoutReplies_untilResume() {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        Jedis before = connect(redis)) {
      before.ping();
      redis.pause();
      assertThrows(JedisConnectionException.class, before::ping);
      redis.resume();
      try (Jedis after = connect(redis)) {
        assertEquals("PONG", after.ping());
      }
    }
  }

  @Test
  void close_whilePaused_endsTheProcess() {
    EmbeddedRedis redis = EmbeddedRedis.start();
    ProcessHandle process = ProcessHandle.of(redis.pid()).orElseThrow();
    assertTrue(process.isAlive());
    redis.pause();
    redis.close();
    assertFalse(process.isAlive());
  }

  @Test
  void start_withConfigLines_obeysThem() {
    try (EmbeddedRedis redis = EmbeddedRedis.start("requirepass secret", "databases 3");
        Jedis jedis = connect(redis)) {
      assertThrows(JedisDataException.class, jedis::ping);
      jedis.auth("secret");
      assertEquals("3", jedis.configGet("databases").get("databases"));
    }
  }

  @Test
  void start_whenRedisRefusesTheConfig_failsWithItsError() {
    IllegalStateException failure =
        assertThrows(IllegalStateException.class, () -> EmbeddedRedis.start("no-such-setting 1"));
    assertTrue(failure.getMessage().contains("no-such-setting"), failure::getMessage);
  }

  private static Jedis connect(EmbeddedRedis redis) {
    return new Jedis(redis.host(), redis.port(), TIMEOUT_MILLIS);
  }
}
