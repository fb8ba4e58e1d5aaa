package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.dev.EmbeddedRedis;

/**
 * Plays the same sessions to one Redis directly and to another through the proxy. The replies must
 * be equal byte for byte.
 */
@InEachShape
class ConformanceIT {
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

  /** The sessions: each is a name, followed by its commands. */
  static List<List<String>> sessions() {
    return List.of(
        List.of(
            "strings",
            "SET a 1",
            "GET a",
            "INCR a",
            "GET a",
            "APPEND a x",
            "GET a",
            "INCR a",
            "GETRANGE a 0 0",
            "STRLEN a",
            "DEL a",
            "GET a",
            "MGET a b",
            "SETNX a 2",
            "GETSET a 3",
            "GETDEL a"),
        List.of("reads first", "GET x", "PING", "SET x 1", "GET x", "PING", "ECHO hi", "GET x"),
        List.of(
            "lists",
            "RPUSH l a b c",
            "LRANGE l 0 -1",
            "LPOP l 2",
            "LPOP none 2",
            "BLPOP none 0.01",
            "GET l",
            "LINDEX l 0",
            "LRANGE none 0 -1"),
        List.of(
            "hashes",
            "HSET h f v g w",
            "HGETALL h",
            "HGET h none",
            "HINCRBYFLOAT h n 1.5",
            "HSCAN h 0"),
        List.of(
            "sorted sets",
            "ZADD z 1 a 2 b",
            "ZRANGE z 0 -1 WITHSCORES",
            "ZSCORE z a",
            "ZSCORE z none",
            "ZPOPMIN z",
            "ZRANK z none"),
        List.of("sets", "SADD s a", "SMEMBERS s", "SISMEMBER s b", "SPOP s 0"),
        List.of("transaction", "MULTI", "SET a 1", "GET a", "LPUSH a x", "EXEC", "GET a"),
        List.of("transaction with a mistake", "MULTI", "NOSUCH", "EXEC", "GET a"),
        List.of("discarded", "MULTI", "SET a 1", "DISCARD", "GET a", "EXEC", "DISCARD"),
        List.of("watch", "WATCH w", "SET w 1", "MULTI", "GET w", "EXEC", "GET w"),
        List.of(
            "scripts",
            "EVAL \"return {1,'a',false,{2}}\" 0",
            "EVAL \"return redis.call('SET',KEYS[1],'v')\" 1 k",
            "GET k",
            "EVAL \"return redis.error_reply('MY err')\" 0",
            "EVALSHA 0000 0"),
        List.of(
            "errors",
            "NOSUCH a b",
            "GET",
            "GET a b",
            "SET a",
            "INCR a b",
            "SET a x",
            "INCR a",
            "LPUSH a x",
            "CONFIG GET",
            "OBJECT HELP"),
        List.of(
            "databases",
            "SELECT 1",
            "SET d one",
            "GET d",
            "SELECT 0",
            "GET d",
            "SELECT 99",
            "SELECT x",
            "MOVE d 1",
            "SWAPDB 0 1",
            "GET d"),
        List.of(
            "pub/sub",
            "SUBSCRIBE a a",
            "PSUBSCRIBE p*",
            "PING",
            "PING x",
            "GET a",
            "UNSUBSCRIBE",
            "PUNSUBSCRIBE",
            "PING",
            "SET a 1",
            "GET a"),
        List.of(
            "unsubscribed",
            "UNSUBSCRIBE",
            "PUNSUBSCRIBE x y",
            "GET a",
            "SUBSCRIBE c",
            "UNSUBSCRIBE c",
            "SET c 1",
            "GET c"),
        List.of(
            "resp3",
            "HELLO 3 SETNAME me",
            "SET a 1",
            "GET a",
            "GET none",
            "HGETALL none",
            "HSET h f v",
            "HGETALL h",
            "SMEMBERS none",
            "ZADD z 1.5 a",
            "ZSCORE z a",
            "LPOP none",
            "CLIENT GETNAME",
            "SUBSCRIBE ch",
            "GET a",
            "UNSUBSCRIBE",
            "GET a",
            "DEBUG PROTOCOL attrib",
            "DEBUG PROTOCOL push",
            "DEBUG PROTOCOL map",
            "DEBUG PROTOCOL bignum",
            "DEBUG PROTOCOL verbatim",
            "DEBUG PROTOCOL double",
            "DEBUG PROTOCOL true",
            "DEBUG PROTOCOL null",
            "GET a"),
        List.of("resp3 behind a read", "GET x", "HELLO 3", "GET y", "HELLO 2", "GET z", "HELLO 3"),
        List.of(
            "names",
            "CLIENT SETNAME me",
            "CLIENT GETNAME",
            "CLIENT SETNAME \"a b\"",
            "CLIENT NOSUCH",
            "CLIENT GETNAME",
            "RESET",
            "CLIENT GETNAME"),
        List.of("reset", "MULTI", "SET a 1", "RESET", "GET a", "SUBSCRIBE a", "RESET", "GET a"),
        List.of(
            "client reply",
            "SET a 1",
            "CLIENT REPLY SKIP",
            "SET a 2",
            "GET a",
            "CLIENT REPLY OFF",
            "SET a 3",
            "GET a",
            "CLIENT REPLY ON",
            "GET a",
            "CLIENT REPLY NOSUCH"),
        List.of("unknown state after CLIENT REPLY", "SELECT 1", "MULTI", "CLIENT REPLY", "DISCARD"),
        List.of(
            "client reply and subscriptions",
            "CLIENT REPLY SKIP",
            "CLIENT REPLY ON",
            "PING",
            "SUBSCRIBE c",
            "CLIENT REPLY ON",
            "UNSUBSCRIBE c",
            "SET a 1"),
        List.of(
            "keys",
            "SET a 1 PX 100000",
            "PERSIST a",
            "RENAME a b",
            "GET a",
            "GET b",
            "TYPE b",
            "EXPIRE b 0",
            "GET b",
            "SET c 1",
            "COPY c d",
            "GET d",
            "FLUSHALL",
            "GET d",
            "DBSIZE"),
        List.of(
            "streams",
            "XADD s 1-1 f v",
            "XREAD COUNT 1 STREAMS s 0",
            "XREAD COUNT 1 STREAMS s $",
            "XLEN s",
            "XGROUP CREATE s g 0",
            "XREADGROUP GROUP g c STREAMS s >"),
        List.of(
            "introspection",
            "COMMAND COUNT",
            "COMMAND GETKEYS SET a b",
            "OBJECT ENCODING none",
            "DEBUG SLEEP 0",
            "WAIT 0 0",
            "CLIENT LIST TYPE replica"));
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void session_oneByOne_isTheSame(List<String> session) {
    assertEquals(play(direct.port(), session, 1), play(proxy.respPort(), session, 1));
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void session_pipelined_isTheSame(List<String> session) {
    assertEquals(play(direct.port(), session, 1000), play(proxy.respPort(), session, 1000));
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void session_byteByByte_isTheSame(List<String> session) {
    assertEquals(play(direct.port(), session, 0), play(proxy.respPort(), session, 0));
  }

  /**
   * Plays a session and returns all replies, up to that of a last PING.
   *
   * @param atATime how many commands are sent in one write: one, all, or 0 for byte by byte
   */
  private static String play(int port, List<String> session, int atATime) {
    List<String> commands = new ArrayList<>(session.subList(1, session.size()));
    commands.add("PING the-end");
    StringBuilder all = new StringBuilder();
    try (RespClient client = new RespClient(port)) {
      StringBuilder raw = new StringBuilder();
      for (String command : commands) {
        raw.append(command).append("\r\n");
      }
      if (atATime == 1) {
        for (String command : commands) {
          client.send(command + "\r\n");
          if (!command.startsWith("CLIENT REPLY") && !command.equals("PING the-end")) {
            pause();
          }
        }
      } else if (atATime == 0) {
        for (byte b : raw.toString().getBytes(StandardCharsets.ISO_8859_1)) {
          client.send(new byte[] {b});
        }
      } else {
        client.send(raw.toString());
      }
      while (all.indexOf("the-end") < 0) {
        all.append((char) client.read());
      }
    }
    return all.toString().replaceAll("\\$2\r\nid\r\n:\\d+", "the client's id");
  }

  private static void pause() {
    try {
      Thread.sleep(3);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void largeValues_streamThroughBothWays() {
    byte[] value = new byte[20 * 1024 * 1024];
    Arrays.fill(value, (byte) 'x');
    try (RespClient client = proxy.resp()) {
      client
          .send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + value.length + "\r\n")
          .send(value)
          .send("\r\n");
      assertEquals("+OK\r\n", client.reply());
      assertEquals(":" + value.length + "\r\n", client.call("STRLEN", "big"));
      assertEquals(value.length + 13, client.call("GET", "big").length());
      assertEquals("+PONG\r\n", client.call("PING"));
    }
  }

  @Test
  void protocolError_onADedicatedConnection_isRedissOwnError() {
    for (int port : new int[] {direct.port(), proxy.respPort()}) {
      try (RespClient client = new RespClient(port)) {
        client.send(RespClient.request("SET", "a", "1") + "*1\r\n$x\r\n");
        assertEquals("+OK\r\n", client.reply());
        assertEquals("-ERR Protocol error: invalid bulk length\r\n", client.reply());
        assertEquals(-1, client.read());
      }
    }
  }
}
