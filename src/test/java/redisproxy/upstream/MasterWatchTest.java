package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.redis.client.RedisConnection;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whether a server that was the master is left for another one. */
class MasterWatchTest {
  private static final String HELLO = "*2 $5 HELLO $1 2 ";
  private static final String MASTER = "*2 $4 role $6 master ";
  private static final String REPLICA = "*2 $4 role $7 replica ";

  private final Loop loop = new Loop();
  private final AtomicLong clock = new AtomicLong();
  private final List<Boolean> moved = new CopyOnWriteArrayList<>();
  private final RedisConnection connection = connection();
  private MasterWatch watch;

  private static RedisConnection connection() {
    Class<?>[] interfaces = {RedisConnection.class};
    return (RedisConnection)
        Proxy.newProxyInstance(
            MasterWatchTest.class.getClassLoader(),
            interfaces,
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "equals" -> proxy == arguments[0];
                  case "hashCode" -> 1;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @BeforeEach
  void open() throws Exception {
    Transport transport = loop.transport();
    watch = loop.call(() -> new MasterWatch(transport, clock::get, openedAt -> moved.add(true)));
    loop.run(() -> watch.connected(connection));
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void says(String role) throws Exception {
    loop.run(() -> watch.told(connection, role));
  }

  private int asked() {
    return loop.connections.size();
  }

  @Test
  void masterThatIsDemoted_isLeftForAMaster() throws Exception {
    says("master");
    says("replica");
    assertEquals(1, asked());
    loop.connect(0);
    assertEquals(HELLO, loop.sent(0));
    loop.reply(0, MASTER);
    assertEquals(List.of(true), moved);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
  }

  @Test
  void replica_isNoReasonToMove() throws Exception {
    says("master");
    says("replica");
    loop.connect(0);
    loop.reply(0, REPLICA);
    assertEquals(List.of(), moved);
    // Not at once again.
    says("replica");
    assertEquals(1, asked());
    clock.addAndGet(60_000);
    says("replica");
    assertEquals(2, asked());
  }

  @Test
  void serverThatWasNeverAMaster_isKept() throws Exception {
    says("replica");
    says("");
    assertEquals(0, asked());
  }

  @Test
  void oneQuestionAtATime() throws Exception {
    says("master");
    says("replica");
    clock.addAndGet(60_000);
    says("replica");
    assertEquals(1, asked());
    loop.refuse(0);
    says("replica");
    assertEquals(2, asked());
  }

  @Test
  void whatAnotherConnectionSaid_isNoMatter() throws Exception {
    says("master");
    loop.run(() -> watch.told(connection(), "replica"));
    assertEquals(0, asked());
  }

  /** The address leads to a master and then to a replica again, for good. */
  @Test
  void addressOfSeveralServers_isNotAskedForEver() throws Exception {
    says("master");
    for (int i = 0; i < 3; i++) {
      clock.addAndGet(60_000);
      says("replica");
      assertEquals(i + 1, asked());
      loop.connect(i);
      loop.reply(i, MASTER);
    }
    clock.addAndGet(60_000);
    says("replica");
    assertEquals(3, asked());
    assertTrue(moved.size() == 3);
    // Unless it has been a master meanwhile.
    says("master");
    clock.addAndGet(60_000);
    says("replica");
    assertEquals(4, asked());
  }
}
