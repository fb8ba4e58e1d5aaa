package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Connections.Kind;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Sockets;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.connection.Transport;

/** Dedicated connections, and the check for the proxy's own credentials, without a socket. */
class DedicatedConnectionsTest {
  private static final int MAX_PENDING = 1000;

  private final Loop loop = new Loop();
  private final Sockets sockets = loop.sockets;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private DedicatedConnections connections;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void start(String... settings) throws Exception {
    Transport transport = loop.transport(settings);
    connections = loop.call(() -> new DedicatedConnections(loop.vertx, transport, MAX_PENDING));
  }

  private final RedisConnection.Receiver session =
      new RedisConnection.Receiver() {
        @Override
        public void received(ByteBuf data) {
          told.add(data.toString(StandardCharsets.US_ASCII).strip());
          data.release();
        }

        @Override
        public void lost(Throwable cause) {
          told.add("lost: " + (cause == null ? "closed" : cause.getMessage()));
        }
      };

  /** Opens a dedicated connection, and writes the request in the same turn. */
  private RedisConnection open(String request) throws Exception {
    return loop.call(
        () -> {
          RedisConnection connection = connections.open(session);
          connection.write(Loop.buffer(request));
          connection.flush();
          return connection;
        });
  }

  private void assertCounts(Kind kind, int open, int total) throws Exception {
    Connections counts = loop.call(() -> connections.connections().copy());
    assertEquals(open, counts.open(kind), "open");
    assertEquals(total, counts.total(kind), "ever opened");
  }

  @Test
  void firstConnection_whenConnected_sendsWhatWaited() throws Exception {
    start();
    open("a ");
    assertCounts(Kind.DEDICATED, 0, 0);
    assertEquals(1, sockets.asked());
    sockets.make(0);
    assertEquals("a ", sockets.sent(0));
    sockets.reply(0, "+OK ");
    assertEquals(List.of("+OK"), told);
    assertCounts(Kind.DEDICATED, 1, 1);
  }

  /** After the first connection, the next session need not wait for one. */
  @Test
  void nextConnection_isTheSpareOne() throws Exception {
    start();
    open("a ");
    sockets.make(0);
    assertEquals(2, sockets.asked(), "a spare one is requested");
    sockets.make(1);
    assertCounts(Kind.DEDICATED, 1, 1);
    open("b ");
    assertEquals("a ", sockets.sent(0));
    assertEquals("b ", sockets.sent(1));
    assertEquals(3, sockets.asked(), "and another spare one");
    sockets.reply(1, "+OK ");
    assertEquals(List.of("+OK"), told);
    assertCounts(Kind.DEDICATED, 2, 2);
    sockets.close(1);
    assertEquals(List.of("+OK", "lost: closed"), told);
    assertCounts(Kind.DEDICATED, 1, 2);
  }

  @Test
  void open_whenRedisIsUnreachable_requestsNoSpare() throws Exception {
    start();
    open("a ");
    sockets.refuse(0);
    assertEquals(List.of("lost: refused"), told);
    assertEquals(1, sockets.asked());
    assertCounts(Kind.DEDICATED, 0, 0);
  }

  @Test
  void close_beforeTheSocketConnects_closesTheSocket() throws Exception {
    start();
    RedisConnection connection = open("a ");
    loop.run(connection::close);
    sockets.make(0);
    assertFalse(sockets.isOpen(0));
    assertEquals(List.of(), told);
    assertCounts(Kind.DEDICATED, 0, 0);
  }

  /** Redis keeps connections that it accepted before a password was set. */
  @Test
  void accessChanged_dropsTheSpare() throws Exception {
    start();
    open("a ");
    sockets.make(0);
    sockets.make(1);
    loop.run(connections::accessChanged);
    assertFalse(sockets.isOpen(1));
    assertTrue(sockets.isOpen(0), "a session's connection stays open");
    open("b ");
    assertEquals(3, sockets.asked());
    sockets.make(2);
    assertEquals("b ", sockets.sent(2));
  }

  @Test
  void openShared_countsItsKind_andRequestsNoSpare() throws Exception {
    start();
    loop.run(() -> connections.openShared(session, Kind.SHARED).write(Loop.buffer("a ")));
    sockets.make(0);
    assertEquals("a ", sockets.sent(0));
    assertCounts(Kind.SHARED, 1, 1);
    assertCounts(Kind.DEDICATED, 0, 0);
    assertEquals(1, sockets.asked());
  }

  @Test
  void isWritable_whenMaxPendingBytesAreUnsent_isFalse() throws Exception {
    start();
    RedisConnection connection = open("");
    sockets.make(0);
    boolean[] writable =
        loop.call(
            () -> {
              connection.write(Loop.buffer("x".repeat(MAX_PENDING / 2)));
              boolean before = connection.isWritable();
              connection.write(Loop.buffer("x".repeat(MAX_PENDING / 2)));
              return new boolean[] {before, connection.isWritable()};
            });
    assertArrayEquals(new boolean[] {true, false}, writable);
  }

  @ParameterizedTest
  @CsvSource({
    "redis://localhost, p, false",
    "redis://localhost, default p, false",
    "redis://:p@localhost, p, true",
    "redis://:p@localhost, default p, true",
    "redis://:p@localhost, other p, false",
    "redis://:p@localhost, q, false",
    "redis://:p@localhost, '', false",
    "redis://:p@localhost, default p p, false",
    "redis://u:p@localhost, u p, true",
    "redis://u:p@localhost, p, false",
    "redis://u:p@localhost, default p, false",
    "redis://u:p@localhost, u q, false",
    "redis://u:p@localhost, p u, false",
    "redis://:%C3%A9@localhost, é, true",
  })
  void areOwn_onlyIfUserAndPasswordMatch(String url, String given, boolean own) throws Exception {
    start("redis.url", url);
    byte[][] credentials =
        Stream.of(given.split(" "))
            .map(each -> each.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    assertEquals(own, connections.areOwn(credentials));
  }

  @Test
  void greeting_logsInIfThereIsAPassword() throws Exception {
    start();
    assertTrue(connections.areOpen());
    assertEquals(0, connections.greeting().length);
    start("redis.url", "redis://u:p@localhost/3");
    assertFalse(connections.areOpen());
    assertFalse(connections.areOwn(new byte[0][]));
    assertEquals(
        "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n",
        new String(connections.greeting(), StandardCharsets.US_ASCII),
        "the session selects its database itself");
  }
}
