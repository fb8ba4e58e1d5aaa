package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;

/** The first commands on a connection, and the number of their replies. */
class GreetingTest {
  private static final String WITHOUT_PASSWORD = "redis://localhost";

  private static Settings.Redis redis(String url) {
    return Configuration.parse(Map.of("redis.url", url)).redis();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace("\r\n", " ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis://localhost | 0 | ''",
        "redis://localhost | 7 | '*2 $6 SELECT $1 7 '",
        "redis://localhost | 15 | '*2 $6 SELECT $2 15 '",
        "redis://:pw@localhost | 0 | '*2 $4 AUTH $2 pw '",
        "redis://me:pw@localhost | 0 | '*3 $4 AUTH $2 me $2 pw '",
        "redis://me:pw@localhost | 7 | '*3 $4 AUTH $2 me $2 pw *2 $6 SELECT $1 7 '",
        "redis://:%C3%A9@localhost | 0 | '*2 $4 AUTH $2 é '",
      })
  void commands_countsTheGreetingsCommands(String url, int db, String expected) {
    int count = (int) expected.chars().filter(c -> c == '*').count();
    assertEquals(expected, text(Greeting.of(redis(url), db)));
    assertEquals(count, Greeting.commands(redis(url), db));
    assertEquals(expected, text(Greeting.of(redis(url), db, false)));
    assertEquals(count, Greeting.commands(redis(url), db, false));
    String hello = expected + "*2 $5 HELLO $1 3 ";
    assertEquals(hello, text(Greeting.of(redis(url), db, true)), "HELLO comes after AUTH");
    assertEquals(count + 1, Greeting.commands(redis(url), db, true));
  }

  @ParameterizedTest
  @CsvSource({
    "redis://localhost, '*2 $5 HELLO $1 3 '",
    "redis://:pw@localhost, '*5 $5 HELLO $1 3 $4 AUTH $7 default $2 pw '",
    "redis://me:pw@localhost, '*5 $5 HELLO $1 3 $4 AUTH $2 me $2 pw '",
  })
  void hello_logsTheProxyIn(String url, String expected) {
    assertEquals(expected, text(Greeting.hello(redis(url), 3).getBytes()));
  }

  @Test
  void hello_namesTheVersionOfResp() {
    assertEquals("*2 $5 HELLO $1 2 ", text(Greeting.hello(redis(WITHOUT_PASSWORD), 2).getBytes()));
  }

  @Test
  void append_copiesAnyBytesUnchanged() {
    Buffer to = Buffer.buffer("x");
    Greeting.append(to, new byte[] {'\r', '\n', 0, (byte) 0xff}, new byte[0]);
    assertEquals(
        "x*2\r\n$4\r\n\r\n\0\u00ff\r\n$0\r\n\r\n",
        new String(to.getBytes(), StandardCharsets.ISO_8859_1));
  }
}
