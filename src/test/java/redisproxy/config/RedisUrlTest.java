package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
          """)
  void parse_accepts(
      String url, String host, int port, int database, String username, String password) {
    RedisUrl parsed = ValueType.redisUrl().parse(url);
    assertEquals(
        new Settings.Endpoint(host, port, database, url.startsWith("rediss")), parsed.endpoint());
    assertEquals(username, parsed.username());
    assertEquals(password, parsed.password() == null ? null : parsed.password().value());
  }

  /** Each holds a password of xyzzy, somewhere it may end up by mistake. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rediss:u:xyzzy@h",
        "REDISS://u:xyzzy@h",
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
        "redis://u:xyzzy@under_score",
        "redis://u:xyzzy@[::1",
        "redis://u:xyzzy@::1",
        "redis://u:xyzzy@[h]",
        "redis://u:xyzzy@[]",
        "redis://u:xyzzy@a b",
        "redis://u:xyzzy@h,h2",
        "redis://u:xyzzy@300.1.1.1",
        "unix://u:xyzzy@h",
        "u:xyzzy://x@h",
        "http://u:xyzzy@h",
        "u:xyzzy@h:6379",
        " redis://u:xyzzy@h",
        "redis://u:xyzzy@h ",
        "redis://u:xyzzy@h\n",
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
      textBlock =
          """
          rediss://u:pw@h:6380/1,   rediss://***@h:6380/1
          redis://h:6379/0,         redis://h:6379/0
          redis://[::1]:6379/0,     redis://[::1]:6379/0
          redis://h:70000,          redis://h:70000
          redis://h:port,           redis://h***
          redis://h/0?a=b,          redis://h***
          localhost:6379,           localhost:6379
          localhost,                localhost
          '',                       ''
          """)
  void redact_showsWhatIsHarmless(String url, String shown) {
    assertEquals(shown, RedisUrl.redact(url));
  }

  @Test
  void toString_showsNoPassword() {
    assertFalse(RedisUrl.parse("redis://u:xyzzy@h").toString().contains("xyzzy"));
  }
}
