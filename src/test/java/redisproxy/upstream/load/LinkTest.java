package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.RedisConnection;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.upstream.FakeRedis;
import redisproxy.upstream.Loop;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** A connection that is opened again whenever it is lost, without a socket. */
class LinkTest {
  private static final String WITH_PASSWORD = "redis://u:p@localhost:1/0";
  private static final String WITHOUT_PASSWORD = "redis://localhost:1/0";
  private static final String WRONG = "WRONGPASS invalid username-password pair";

  /** A connection that was up this long, in milliseconds, is reopened at once. */
  private static final long LASTED = 100;

  private static final long BACKOFF_MAX = 2_000;

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final List<String> told = new CopyOnWriteArrayList<>();
  private Link link;

  private final Link.Owner owner =
      new Link.Owner() {
        @Override
        public void connected(RedisConnection connection) {
          told.add("connected");
        }

        @Override
        public void down(String reason) {
          told.add("down: " + reason);
        }
      };

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Transport transport = time.transport(settings);
    link = loop.call(() -> new Link(time.vertx, transport, 3, 46, time, owner));
    loop.run(link::attempt);
  }

  private FakeRedis client(int index) {
    return loop.clients.get(index);
  }

  private int attempts() {
    return loop.clients.size();
  }

  private void fail() throws Exception {
    client(attempts() - 1).refuse(new ConnectException("refused"));
  }

  private boolean wanted(long within) throws Exception {
    return loop.call(() -> link.wanted(within));
  }

  /** Checks a delay of the backoff: half of it is random. */
  private static void assertDelay(long full, long actual) {
    assertTrue(actual > full / 2 && actual <= full + 1, actual + " of " + full);
  }

  private long onlyWait() throws Exception {
    List<Long> waits = time.waits();
    assertEquals(1, waits.size(), waits.toString());
    return waits.get(0);
  }

  @Test
  void attempt_usesTheDatabaseOfTheLink_andTheCredentialsOfTheSettings() throws Exception {
    open("redis.url", WITH_PASSWORD);
    assertEquals(3, client(0).database);
    assertEquals("u", client(0).options.getUser());
    assertEquals("p", client(0).options.getPassword());
    assertEquals(ProtocolVersion.RESP2, client(0).options.getPreferredProtocolVersion());
    assertEquals(46, client(0).options.getMaxWaitingHandlers());
  }

  @Test
  void attempt_withoutPassword_sendsNoCredentials() throws Exception {
    open("redis.url", WITHOUT_PASSWORD);
    assertNull(client(0).options.getUser());
    assertNull(client(0).options.getPassword());
  }

  @Test
  void connection_isSetOnceTheAttemptSucceeds() throws Exception {
    open();
    assertNull(link.connection());
    assertEquals("not connected yet", link.reason());
    client(0).accept();
    assertSame(client(0), link.connection());
    assertEquals("", link.reason());
    assertEquals(List.of("connected"), told);
  }

  @Test
  void attempt_whileConnectingOrConnected_doesNothing() throws Exception {
    open();
    loop.run(link::attempt);
    client(0).accept();
    loop.run(link::attempt);
    assertEquals(1, attempts());
  }

  @Test
  void failedAttempts_areRetriedWithGrowingDelays() throws Exception {
    open();
    for (long full : new long[] {50, 100, 200, 400, 800, 1600, BACKOFF_MAX, BACKOFF_MAX}) {
      fail();
      assertTrue(client(attempts() - 1).isClosed());
      int before = attempts();
      long delay = onlyWait();
      assertDelay(full, delay);
      time.pass(delay - 1);
      assertEquals(before, attempts());
      time.pass(1);
      assertEquals(before + 1, attempts());
    }
    assertEquals("down: refused", told.get(7));
    assertEquals("refused", link.reason());
    assertFalse(link.isRefused());
  }

  @Test
  void attempt_withoutAReplyInTime_fails() throws Exception {
    open("redis.connect-timeout", "50ms");
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !told.isEmpty());
    assertTrue(told.get(0).startsWith("down: Timeout"), told.get(0));
    assertTrue(client(0).isClosed());
    client(0).accept();
    assertNull(link.connection(), "it came too late");
    assertEquals(1, told.size());
  }

  @Test
  void lastingConnection_isReopenedAtOnce() throws Exception {
    open();
    client(0).accept();
    time.pass(LASTED);
    client(0).lose();
    assertEquals(List.of("connected", "down: the connection was closed"), told);
    assertNull(link.connection());
    assertTrue(client(0).isClosed());
    assertTrue(link.isReconnecting());
    assertEquals(2, attempts());
    client(1).accept();
    assertFalse(link.isReconnecting());
    assertSame(client(1), link.connection());
  }

  /** A server that accepts connections and closes them at once must not be flooded. */
  @Test
  void shortLivedConnection_isReopenedAfterABackoff() throws Exception {
    open();
    client(0).accept();
    time.pass(LASTED - 1);
    client(0).lose();
    assertEquals(1, attempts());
    assertFalse(link.isReconnecting());
    assertDelay(50, onlyWait());
  }

  @Test
  void failedReconnection_isFollowedByABackoff() throws Exception {
    open();
    client(0).accept();
    time.pass(LASTED);
    client(0).lose();
    fail();
    assertFalse(link.isReconnecting());
    assertEquals(2, attempts());
    assertDelay(50, onlyWait());
  }

  @ParameterizedTest
  @CsvSource({"1999, 800", "2000, 50"})
  void backoff_isResetOnlyAfterALastingConnection(long upMs, long expected) throws Exception {
    open();
    for (int i = 0; i < 4; i++) {
      fail();
      time.pass(onlyWait());
    }
    client(4).accept();
    time.pass(upMs);
    client(4).lose();
    fail();
    assertDelay(expected, onlyWait());
  }

  @Test
  void failedConnection_isReportedOnceWithItsReason() throws Exception {
    open();
    client(0).accept();
    client(0).lose(new IOException("Connection reset"));
    assertEquals(List.of("connected", "down: Connection reset"), told);
    assertEquals("Connection reset", link.reason());
  }

  @ParameterizedTest
  @CsvSource({
    WITHOUT_PASSWORD + ", NOAUTH Authentication required., true",
    WITHOUT_PASSWORD + ", WRONGPASS invalid username-password pair, false",
    WITH_PASSWORD + ", NOAUTH Authentication required., false"
  })
  void isPasswordMissing_onlyWhenRedisAsksAndTheProxyHasNone(
      String url, String error, boolean missing) throws Exception {
    open("redis.url", url);
    assertFalse(link.isRefused() || link.isPasswordMissing());
    client(0).refuse(error);
    assertTrue(link.isRefused());
    assertEquals(missing, link.isPasswordMissing());
  }

  @Test
  void refusedCredentials_areRetriedOnlyAfterTheLongestBackoff() throws Exception {
    open();
    client(0).refuse(WRONG);
    assertEquals(List.of("down: " + WRONG), told);
    assertEquals(BACKOFF_MAX + 1, onlyWait());
    time.pass(BACKOFF_MAX);
    assertFalse(wanted(1_000));
    assertEquals(1, attempts());
    time.pass(1);
    assertEquals(2, attempts());
    client(1).accept();
    assertFalse(link.isRefused());
  }

  @Test
  void admitted_afterARefusal_connectsAtOnce() throws Exception {
    open();
    client(0).refuse(WRONG);
    loop.run(link::admitted);
    assertEquals(2, attempts());
    assertFalse(link.isRefused());
    assertTrue(link.isReconnecting());
    assertEquals(List.of(), time.waits());
  }

  /** An attempt that began before the access change may still be refused. */
  @Test
  void admitted_duringAnAttempt_startsAnother() throws Exception {
    open();
    loop.run(link::admitted);
    assertTrue(client(0).isClosed());
    client(0).refuse(WRONG);
    assertFalse(link.isRefused());
    client(1).accept();
    assertSame(client(1), link.connection());
    assertEquals(List.of("connected"), told);
  }

  @Test
  void admitted_withoutARefusalOrAttempt_doesNothing() throws Exception {
    open();
    client(0).accept();
    loop.run(link::admitted);
    assertSame(client(0), link.connection());
    client(0).lose();
    loop.run(link::admitted);
    assertEquals(1, attempts(), "the next attempt waits for the backoff");
  }

  @Test
  void wanted_connectsBeforeTheBackoffEnds_butNotAtOnceAfterAFailure() throws Exception {
    open();
    for (int i = 0; i < 4; i++) {
      fail();
      time.pass(i < 3 ? onlyWait() : 99);
    }
    assertFalse(wanted(1_000));
    assertEquals(4, attempts());
    time.pass(1);
    assertTrue(wanted(1_000));
    assertEquals(5, attempts());
    assertEquals(List.of(), time.waits(), "the scheduled attempt is cancelled");
  }

  @Test
  void wanted_returnsWhetherAnAttemptHasJustBegun() throws Exception {
    open();
    time.pass(99);
    assertTrue(wanted(100));
    time.pass(1);
    assertFalse(wanted(100));
    assertTrue(wanted(101));
    client(0).accept();
    assertFalse(wanted(1_000));
    assertEquals(1, attempts());
  }

  @Test
  void abandon_closesTheConnection() throws Exception {
    open();
    loop.run(() -> link.abandon("silent"));
    assertEquals(List.of(), told, "there is no connection yet");
    assertFalse(client(0).isClosed());
    client(0).accept();
    loop.run(() -> link.abandon("silent"));
    assertNull(link.connection());
    assertTrue(client(0).isClosed());
    assertEquals(List.of("connected", "down: silent"), told);
  }

  @Test
  void renew_replacesEvenAShortLivedConnectionAtOnce() throws Exception {
    open();
    client(0).accept();
    loop.run(() -> link.renew("moved"));
    assertTrue(client(0).isClosed());
    assertEquals(List.of("connected", "down: moved"), told);
    client(1).accept();
    assertSame(client(1), link.connection());
    assertEquals(List.of(), time.waits());
  }

  @Test
  void renew_replacesAnAttempt_andIgnoresItsLateSuccess() throws Exception {
    open();
    loop.run(() -> link.renew("moved"));
    assertTrue(client(0).isClosed());
    assertEquals(2, attempts());
    client(0).accept();
    assertNull(link.connection());
    client(1).accept();
    assertSame(client(1), link.connection());
    assertEquals(List.of("connected"), told);
  }

  @Test
  void renew_duringABackoff_connectsAtOnce() throws Exception {
    open();
    fail();
    loop.run(() -> link.renew("moved"));
    assertEquals(2, attempts());
    assertEquals(List.of(), time.waits());
  }

  @Test
  void stop_closesTheConnectionPermanently() throws Exception {
    open();
    client(0).accept();
    assertTrue(loop.call(link::stop).succeeded());
    assertTrue(client(0).isClosed());
    assertNull(link.connection());
    loop.run(link::attempt);
    assertFalse(wanted(1_000));
    assertEquals(1, attempts());
    assertEquals(List.of("connected"), told);
  }

  @Test
  void stop_duringABackoff_cancelsIt() throws Exception {
    open();
    fail();
    loop.run(link::stop);
    assertEquals(List.of(), time.waits());
  }

  @Test
  void stop_duringAnAttempt_ignoresItsSuccess() throws Exception {
    open();
    loop.run(link::stop);
    client(0).accept();
    assertNull(link.connection());
    assertEquals(List.of(), told);
  }

  @Test
  void stop_ofALinkThatWasNeverOpened_succeeds() throws Exception {
    Transport transport = time.transport();
    link = loop.call(() -> new Link(time.vertx, transport, 0, 1, time, owner));
    Future<Void> stopped = loop.call(link::stop);
    assertTrue(stopped.succeeded());
  }
}
