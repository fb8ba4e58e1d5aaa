package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUrlTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          redis://localhost,                   localhost,   6379, 0,   -,     -
          redis://localhost/,                  localhost,   6379, 0,   -,     -
          redis://localhost:7000/15,           localhost,   7000, 15,  -,     -
          redis://10.0.0.1/3,                  10.0.0.1,    6379, 3,   -,     -
          redis://[::1]:7000/1,                ::1,         7000, 1,   -,     -
          redis://[fe80::1]/1,                 fe80::1,     6379, 1,   -,     -
          redis://:pw@h,                       h,           6379, 0,   -,     pw
          redis://u:pw@h:1/2,                  h,           1,    2,   u,     pw
          redis://u@h,                         h,           6379, 0,   u,     -
          rediss://u:pw@h:1/2,                 h,           1,    2,   u,     pw
          redis://u:@h,                        h,           6379, 0,   u,     -
          redis://@h,                          h,           6379, 0,   -,     -
          redis://:@h,                         h,           6379, 0,   -,     -
          redis://u:a:b@h,                     h,           6379, 0,   u,     a:b
          redis://a%40b:p%3A%2F%25+%c3%BC@h,   h,           6379, 0,   a@b,   p:/%+ü
          redis://ü:ß@h,                       h,           6379, 0,   ü,     ß
          redis://a-b.c-d.svc.cluster.local,   a-b.c-d.svc.cluster.local, 6379, 0, -, -
          redis://redis.example.,              redis.example., 6379, 0, -,    -
          redis://my_redis:7000,               my_redis,    7000, 0,   -,     -
          rediss://u:pw@stack_redis,           stack_redis, 6379, 0,   u,     pw
          redis://3f2a1b,                      3f2a1b,      6379, 0,   -,     -
          redis://a-,                          a-,          6379, 0,   -,     -
          'redis://h:7000/2\n',                h,           7000, 2,   -,     -
          ' redis://u:pw@h\r\n',               h,           6379, 0,   u,     pw
          REDIS://h,                           h,           6379, 0,   -,     -
          RedisS://h,                          h,           6379, 0,   -,     -
          redis://h?db=3,                      h,           6379, 3,   -,     -
          redis://h:7000/?db=3,                h,           7000, 3,   -,     -
          redis://h/3?db=3&db=3,               h,           6379, 3,   -,     -
          redis://h/3?,                        h,           6379, 3,   -,     -
          """)
  void parse_accepts(
      String url, String host, int port, int database, String username, String password) {
    RedisUrl parsed = ValueType.redisUrl().parse(url.translateEscapes());
    boolean tls = url.strip().toLowerCase(Locale.ROOT).startsWith("rediss:");
    assertEquals(new Settings.Endpoint(host, port, database, tls), parsed.endpoint());
    assertEquals(username, parsed.username());
    assertEquals(password, parsed.password() == null ? null : parsed.password().value());
  }

  /** Each URL has the password xyzzy somewhere, in a place where it may end up by mistake. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rediss:u:xyzzy@h",
        "redis:u:xyzzy@h",
        "redis:/u:xyzzy@h",
        "redis://u:xyzzy",
        "redis://u:xyzzy/0",
        "redis://u:xyzzy@",
        "redis://u:xyzzy@/0",
        "redis://u:xyzzy@:6379",
        "redis://u:xyzzy@h:port",
        "redis://u:xyzzy@h:0",
        "redis://u:xyzzy@h:65536",
        "redis://u:xyzzy@h:99999999999",
        "redis://u:xyzzy@h:+1",
        "redis://u:xyzzy@h/x",
        "redis://u:xyzzy@h/-1",
        "redis://u:xyzzy@h/01",
        "redis://u:xyzzy@h/0/0",
        "redis://u:xyzzy@h/4294967296",
        "redis://u:xyzzy@h/0?a=b",
        "redis://u:xyzzy@h/0#f",
        "redis://h/0?password=xyzzy",
        "redis://h?password=xyzzy",
        "redis://h/xyzzy",
        "redis://h:6379xyzzy",
        "redis://h:6379/0xyzzy",
        "redis://u:xy/zzy@h",
        "redis://u:pa@xyzzy@h",
        "redis://u:xyzzy@pa@h",
        "redis://u:pa?xyzzy@h",
        "redis://u:pa#xyzzy@h",
        "redis://u:xyzzy%@h",
        "redis://u:xyzzy%4@h",
        "redis://u:xyzzy%zz@h",
        "redis://u:xyzzy%ff@h",
        "redis://u:xyzzy%+1@h",
        "redis://u:xyzzy@[::1",
        "redis://u:xyzzy@::1",
        "redis://u:xyzzy@[h]",
        "redis://u:xyzzy@[]",
        "redis://u:xyzzy@a b",
        "redis://u:xyzzy@h,h2",
        "redis://u:xyzzy@300.1.1.1",
        "redis://u:xyzzy@010.0.0.1",
        "redis://u:xyzzy@a..b",
        "redis://u:xyzzy@ü",
        "redis://u:xyzzy@h/1?db=2",
        "redis://u:xyzzy@h?db=1&db=2",
        "redis://u:xyzzy@h?db=",
        "redis://u:xyzzy@h?DB=1",
        "redis://h?xyzzy",
        "redis://h?xy zzy=1",
        "unix://u:xyzzy@h",
        "u:xyzzy://x@h",
        "http://u:xyzzy@h",
        "u:xyzzy@h:6379",
        "redis://u:xy\nzzy@h",
      })
  void parse_refusesWithoutShowingThePassword(String url) {
    var refusal =
        assertThrows(
            ConfigurationException.class, () -> Configuration.parse(Map.of("redis.url", url)));
    assertEquals(1, refusal.faults().size());
    String fault = refusal.getMessage();
    assertFalse(fault.contains("zzy"), fault);
    assertTrue(fault.startsWith("given: redis.url = \""), fault);
    assertFalse(fault.contains("\n"), fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          redis://::1:6379          | write an IPv6 address in brackets, such as redis://[::1]:6379
          redis://[::1:6379         | close the brackets of the IPv6 address
          redis://[::1]6379         | close the brackets of the IPv6 address
          redis://[h]:6379          | only an IPv6 address may be in brackets
          redis://[::zz]            | the host is not an IPv6 address
          redis://u:p@ss@h          | user and password before the last @: write @ as %40;
          redis://u:p/s#s?@h        | write # as %23, / as %2F, ? as %3F;
          'redis://u:p s@h'         | write the blank or control character %20 as %20;
          redis://u:p%@h            | write % itself as %25
          redis://h#1               | leave it out, or write %23 in a password
          redis://u:p               | write a user and password before the host, with @ after them
          redis://h:65536           | the port is not a number 1..65535
          redis://h:0               | the port is not a number 1..65535
          redis://:6379             | the host is missing
          redis://h1,h2             | the host is a list: write one host
          redis://h$                | other scripts as xn--
          redis://1.2.3             | write four numbers 0..255
          redis://h/x               | the database, which follows / or ?db=, is not a number
          redis://h?db=x            | the database, which follows / or ?db=, is not a number
          redis://h/1?db=2          | the path and ?db= name different databases
          redis://h?a=1&timeout=5s  | unknown query parameters (a, timeout): leave them out
          redis:h                   | expected redis://[user[:password]@]host
          """)
  void parse_ofABadUrl_saysWhatIsWrongAndWhatToWrite(String url, String said) {
    var refusal =
        assertThrows(IllegalArgumentException.class, () -> ValueType.redisUrl().parse(url));
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          rediss://u:pw@h:6380/1,   rediss://***@h:6380/1
          redis://h:6379/0,         redis://h:6379/0
          redis://[::1]:6379/0,     redis://[::1]:6379/0
          redis://h:70000,          redis://h:70000
          redis://h:port,           redis://h***
          redis://h/0?a=b,          redis://h***
          redis://h:1/0?db=2,       redis://h:1/0?db=2
          redis://h?db=2&a=b,       redis://h***
          'redis://u:pw@h\n',       redis://***@h
          localhost:6379,           localhost:6379
          localhost,                localhost
          '',                       ''
          """)
  void redact_showsOnlyHarmlessParts(String url, String shown) {
    assertEquals(shown, RedisUrl.redact(url.translateEscapes()));
  }

  @Test
  void toString_showsNoPassword() {
    assertFalse(RedisUrl.parse("redis://u:xyzzy@h").toString().contains("xyzzy"));
  }
}
