package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.upstream.Loop;

/** The limit on large values that are streamed at once, without a socket. */
class ValueStreamsTest {
  private final Loop loop = new Loop();
  private final Semaphore permits = new Semaphore(2);
  private final List<String> told = new CopyOnWriteArrayList<>();
  private ValueStreams streams;

  @BeforeEach
  void start() throws Exception {
    streams =
        new ValueStreams(
            loop.vertx, loop.transport(), permits, key -> told.add("seen " + name(key)));
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private static String name(Key key) {
    return new String(key.bytes(), StandardCharsets.US_ASCII) + " of " + key.db();
  }

  private void open(int db, String key) throws Exception {
    Key asked = Key.of(db, key.getBytes(StandardCharsets.US_ASCII));
    loop.run(() -> streams.open(asked, sink(key)));
  }

  /** Records which methods are called, without the bytes of the value. */
  private ValueStream.Sink sink(String key) {
    return (ValueStream.Sink)
        Proxy.newProxyInstance(
            ValueStreamsTest.class.getClassLoader(),
            new Class<?>[] {ValueStream.Sink.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("isFull")) {
                return false;
              }
              boolean failed = method.getName().equals("failed");
              told.add(key + " " + (failed ? ((Failure) arguments[0]).kind() : method.getName()));
              return null;
            });
  }

  @Test
  void eachValue_hasItsOwnConnection() throws Exception {
    open(0, "a");
    open(4, "b");
    loop.connect(0);
    loop.connect(1);
    assertEquals("*2 $3 GET $1 a ", loop.sent(0));
    assertEquals("*2 $6 SELECT $1 4 *2 $3 GET $1 b ", loop.sent(1));
    loop.reply(0, "$2 x");
    loop.reply(1, "+OK $2 v");
    loop.reply(0, "y ");
    loop.reply(1, "w ");
    assertEquals(
        List.of(
            "seen a of 0",
            "a begin",
            "a data",
            "seen b of 4",
            "b begin",
            "b data",
            "a data",
            "a end",
            "b data",
            "b end"),
        told);
  }

  @Test
  void open_whenNoPermitIsFree_isRefusedAndNotSeen() throws Exception {
    open(0, "a");
    open(0, "b");
    open(0, "c");
    assertEquals(List.of("c OVERLOADED"), told);
    assertEquals(2, loop.connections.size());
    assertEquals(0, permits.availablePermits());
  }

  /** Each way to end must return the permit: a lost permit is lost until the proxy restarts. */
  @ParameterizedTest
  @ValueSource(strings = {"$1 x ", "$-1 ", "_ ", "-ERR ", "*1 :1 ", "HTTP ", "$x ", "closed", "no"})
  void endedValue_returnsItsPermit(String end) throws Exception {
    open(0, "a");
    open(0, "b");
    if (end.equals("no")) {
      loop.refuse(0);
    } else {
      loop.connect(0);
      if (end.equals("closed")) {
        loop.close(0);
      } else {
        loop.reply(0, end + "+more ");
      }
    }
    assertEquals(1, permits.availablePermits());
    told.clear();
    open(0, "c");
    open(0, "d");
    assertEquals(List.of("d OVERLOADED"), told);
    assertEquals(3, loop.connections.size());
  }
}
