package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Changing the log level while the proxy runs, and who may do it. */
class LogLevelIT {
  private static final String DEBUG = "{\"level\":\"debug\"}";

  @RegisterExtension final Opened opened = new Opened();

  private final ch.qos.logback.classic.Logger own =
      (ch.qos.logback.classic.Logger) LoggerFactory.getLogger("redisproxy");
  private final ch.qos.logback.classic.Level before = own.getLevel();

  @BeforeEach
  void setInfo() {
    own.setLevel(ch.qos.logback.classic.Level.INFO);
  }

  @AfterEach
  void restore() {
    own.setLevel(before);
  }

  /** A proxy without a Redis: nothing listens at the address. */
  private RunningProxy proxy(String... settings) {
    return opened.proxy(Shape.values()[0], "redis://127.0.0.1:1/0", settings);
  }

  @Test
  void level_isReportedAndChanged() {
    RunningProxy proxy = proxy();
    assertEquals("{\"level\":\"info\"}\n", proxy.admin("/log/level").body());
    var changed = proxy.putAdmin("/log/level", DEBUG, "content-type", "application/json");
    assertEquals(200, changed.statusCode());
    assertEquals("{\"level\":\"debug\"}\n", changed.body());
    assertTrue(own.isDebugEnabled());
    assertEquals("{\"level\":\"debug\"}\n", proxy.admin("/log/level").body());
  }

  private static int put(RunningProxy proxy, String body, String... headers) {
    return proxy.putAdmin("/log/level", body, headers).statusCode();
  }

  @Test
  void webPage_cannotChangeIt() {
    String json = "application/json";
    RunningProxy proxy = proxy();
    assertEquals(415, put(proxy, DEBUG));
    assertEquals(415, put(proxy, DEBUG, "content-type", "text/plain"));
    assertEquals(415, put(proxy, DEBUG, "content-type", ";"));
    assertEquals(403, put(proxy, DEBUG, "content-type", json, "origin", "http://evil.example"));
    assertEquals(403, put(proxy, DEBUG, "content-type", json, "origin", "null"));
    assertFalse(own.isDebugEnabled());
  }

  @Test
  void nonsense_changesNothing() {
    RunningProxy proxy = proxy();
    for (String body :
        new String[] {"", "debug", "[]", "{}", "{\"level\":1}", "{\"level\":\"loud\"}"}) {
      assertEquals(400, put(proxy, body, "content-type", "application/json"), body);
    }
    String tooLong = "{\"level\":\"" + "x".repeat(1000) + "\"}";
    assertEquals(413, put(proxy, tooLong, "content-type", "application/json"));
    assertFalse(own.isDebugEnabled());
    assertEquals(200, proxy.admin("/health/live").statusCode());
  }
}
