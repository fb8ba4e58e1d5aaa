package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.Keys;
import redisproxy.dev.EmbeddedRedis;

/** The dashboard in a real browser. Saves screenshots in {@code target/pictures}. */
@Tag("browser")
class BrowserIT {
  /** How long the charts run before the screenshots, in seconds; longer makes better pictures. */
  private static final int PICTURED = Integer.getInteger("pictured", 8);

  private static final String HOSTILE = "<img src=x onerror=\"document.title='taken over'\">";

  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private Browser browser;

  @BeforeEach
  void start() {
    browser = opened.add(new Browser());
    redis = opened.redis();
    proxy = start("0");
  }

  private RunningProxy start(String adminPort) {
    return opened.proxy(
        Shape.SPREAD,
        redis.url(),
        "admin.port",
        adminPort,
        "cache.capacity",
        "500",
        "dashboard.show-values",
        "true");
  }

  private void awaitState(String state) {
    browser.await(() -> browser.text("#state").equals(state));
  }

  /** Reads and writes like an application, until {@code stop} is set. */
  private Thread traffic(AtomicBoolean stop) {
    Random random = new Random(1);
    Thread thread =
        new Thread(
            () -> {
              try (RespClient client = proxy.resp()) {
                while (!stop.get()) {
                  String key = "user:" + (int) Math.pow(900, random.nextDouble());
                  client.call("GET", key);
                  if (random.nextInt(3) == 0) {
                    client.call("HGET", "profile:" + random.nextInt(20), "name");
                  }
                  if (random.nextInt(50) == 0) {
                    client.call("HSET", "profile:" + random.nextInt(20), "name", "Ada");
                  }
                  if (random.nextInt(12) == 0) {
                    client.call("SET", key, "value of " + key);
                  }
                  if (random.nextInt(5) == 0) {
                    proxy.http("/keys/" + key);
                  }
                  if (random.nextInt(20) == 0) {
                    // Pause, so that the traffic does not use the whole machine.
                    Thread.sleep(5 + (int) (5 * Math.sin(System.nanoTime() / 4e9)));
                  }
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  @Test
  void page_showsTraffic_inBothSchemesAndOnASmallScreen() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    browser.size(1280, 1180);
    browser.scheme("light");
    browser.open(proxy);
    Thread traffic = traffic(stop);
    try {
      awaitState("All is well");
      browser.await(() -> browser.text("#ratio").endsWith("%"));
      browser.await(() -> browser.count("#hot tr") > 5 && browser.text("#hot").contains("user:1 "));
      assertEquals(6, browser.count("#charts canvas"));
      browser.await(() -> browser.count("#commands tr") == 2);
      assertEquals("GET", browser.text("#commands tr:first-child th"));
      assertTrue(browser.text("#commands tr:last-child").matches("HGET .* \\S+ %"));
      browser.await(
          PICTURED + 20, () -> (Boolean) browser.eval("performance.now() > " + PICTURED * 1000));
      Object light = background();
      browser.picture("light");
      browser.scheme("dark");
      assertNotEquals(light, background());
      browser.picture("dark");
      browser.size(360, 740);
      browser.await(() -> (Boolean) browser.eval("document.documentElement.scrollWidth <= 360"));
      browser.size(360, 3600);
      browser.picture("small");
    } finally {
      stop.set(true);
      traffic.join();
    }
    assertEquals(List.of(), browser.complaints());
  }

  private Object background() {
    return browser.eval("getComputedStyle(document.body).backgroundColor");
  }

  @Test
  void hostileKeysAndValues_areTextOnly() {
    try (RespClient client = proxy.resp()) {
      client.call("SET", HOSTILE, "<script>document.title='taken over'</script>");
      for (int i = 0; i < 20; i++) {
        client.call("GET", HOSTILE);
      }
      browser.open(proxy);
      browser.await(() -> browser.text("#hot .key").equals(HOSTILE));
      browser.tabTo("#peek input[name=key]");
      browser.press(HOSTILE, Keys.ENTER);
      browser.await(() -> browser.text("#found").contains("In the cache"));
      assertEquals("<script>document.title='taken over'</script>", browser.text("#found pre"));
      assertEquals(0, browser.count("main img, main script"));
      assertEquals("redis-proxy", browser.eval("document.title"));
      assertEquals(List.of(), browser.complaints());
    }
  }

  @Test
  void keyboard_reachesEverything() {
    browser.open(proxy);
    awaitState("All is well");
    browser.press(Keys.TAB);
    assertEquals("Skip to the charts", browser.eval("document.activeElement.textContent"));
    browser.press(Keys.ENTER);
    assertEquals("main", browser.eval("document.activeElement.id"));
    browser.tabTo("figure summary");
    browser.press(Keys.ENTER);
    browser.await(() -> browser.text("figure details tbody").contains("RESP hit"));
    browser.tabTo("#peek input[name=key]");
    browser.press("nothing", Keys.ENTER);
    browser.await(() -> browser.text("#found").equals("Not in the cache."));
    browser.tabTo("#pause");
    browser.press(Keys.SPACE);
    assertEquals("true", browser.eval("document.getElementById('pause').ariaPressed"));
    assertEquals(
        0L,
        browser.eval(
            "[...document.querySelectorAll('button, input')].filter(e => !(e.labels.length || e.textContent)).length"));
  }

  @Test
  void onlyChangesAreAnnounced() {
    browser.open(proxy);
    awaitState("All is well");
    browser.eval(
        "(window.announced = 0, new MutationObserver(() => window.announced++)"
            + ".observe(document.getElementById('banner'),"
            + " {childList: true, subtree: true, characterData: true}))");
    Object before = browser.eval("document.getElementById('about').textContent");
    browser.await(
        () -> !browser.eval("document.getElementById('about').textContent").equals(before));
    assertEquals(0L, browser.eval("window.announced"));
  }

  @Test
  void lossAndReturn_ofRedisAndTheProxy_areShown() {
    browser.open(proxy);
    awaitState("All is well");
    redis.stop();
    awaitState("Redis is out of reach");
    browser.picture("outage");
    redis.restart();
    awaitState("All is well");
    int port = proxy.adminPort();
    proxy.close();
    awaitState("No connection to the proxy");
    assertTrue(((String) browser.eval("document.title")).startsWith("No connection"));
    proxy = start("" + port);
    awaitState("All is well");
  }
}
