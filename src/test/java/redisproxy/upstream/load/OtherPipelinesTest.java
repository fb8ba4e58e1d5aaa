package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.upstream.FakeRedis;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** Pipelines that are opened when their database is read, and closed when it is not. */
class OtherPipelinesTest {
  private static final int MAX_PIPELINES = 15;
  private static final long IDLE = 60_000;
  private static final String UNREACHABLE = "UNREACHABLE " + ValueStream.UNREACHABLE;

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Reads reads = new Reads(loop, time);
  private final List<Integer> opened = new ArrayList<>();
  private OtherPipelines<String> others;

  @BeforeEach
  void open() throws Exception {
    Transport transport = time.transport();
    Loader<String> loader =
        loop.call(
            () -> new Loader<>(time.vertx, transport, Reads.MAX, time, reads.cache, Reads.NOBODY));
    others =
        new OtherPipelines<>(
            db -> {
              opened.add(db);
              return new Pipeline<>(time.vertx, transport, db, time, loader, Link.Owner.NOBODY);
            });
    reads.loader = load -> others.of(load.key().db()).load(load, IDLE);
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private Pipeline<String> of(int db) throws Exception {
    return loop.call(() -> others.of(db));
  }

  /** The last client of a database. */
  private FakeRedis client(int db) {
    return loop.clients.stream()
        .filter(client -> client.database == db)
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  /** Reads from a database; the load has no answer yet. */
  private FakeRedis read(int db) throws Exception {
    reads.load(db, "k");
    return client(db);
  }

  private void readAndAnswer(int db) throws Exception {
    read(db).accept().reply("v", 5);
    assertEquals(List.of(db + "/k: 'v'"), reads.answers());
  }

  @Test
  void of_opensOnePipelineForEachDatabase() throws Exception {
    assertEquals(List.of(), opened);
    Pipeline<String> first = of(1);
    assertSame(first, of(1));
    of(2);
    assertEquals(List.of(1, 2), opened);
  }

  @Test
  void of_whenAllPipelinesAreBusy_isNull() throws Exception {
    for (int db = 1; db <= MAX_PIPELINES; db++) {
      read(db);
    }
    assertNull(of(MAX_PIPELINES + 1));
    assertNotNull(of(MAX_PIPELINES));
    assertEquals(MAX_PIPELINES, opened.size());
    client(7).accept().reply("v", 5);
    assertNotNull(of(MAX_PIPELINES + 1));
    assertTrue(client(7).isClosed());
  }

  @Test
  void of_whenFull_closesTheLeastRecentlyUsed() throws Exception {
    read(1);
    for (int db = 2; db <= MAX_PIPELINES; db++) {
      readAndAnswer(db);
    }
    of(2);
    read(MAX_PIPELINES + 1);
    assertEquals(
        List.of(3),
        loop.clients.stream().filter(FakeRedis::isClosed).map(client -> client.database).toList());
    of(3);
    assertEquals(
        List.of(MAX_PIPELINES + 1, 3),
        opened.subList(MAX_PIPELINES, MAX_PIPELINES + 2),
        "3 is opened again");
  }

  @Test
  void unusedPipeline_isClosedAfterAWhile() throws Exception {
    readAndAnswer(1);
    time.pass(IDLE - 1);
    loop.run(others::check);
    assertEquals(1L, others.connected());
    time.pass(1);
    loop.run(others::check);
    assertTrue(client(1).isClosed());
    assertEquals(0L, others.connected());
    readAndAnswer(1);
    assertEquals(List.of(1, 1), opened);
  }

  @Test
  void check_failsOverdueLoads() throws Exception {
    read(1).accept();
    read(2).accept();
    time.pass(1_000);
    loop.run(others::check);
    String late = "k: TIMEOUT Redis did not answer within 1000 ms";
    assertEquals(List.of("1/" + late, "2/" + late), reads.answers());
  }

  /** The address may lead to another server now. */
  @Test
  void renew_replacesAllConnections_andAttempts() throws Exception {
    FakeRedis connected = read(1).accept();
    FakeRedis attempted = read(2);
    loop.run(others::renew);
    assertTrue(connected.isClosed());
    assertTrue(attempted.isClosed());
    assertEquals(4, loop.clients.size());
    assertEquals(0L, others.connected());
    client(1).accept();
    client(2).accept();
    assertEquals(2L, others.connected());
    assertEquals(List.of("GETRANGE k 0 10, PTTL k"), client(2).sent());
  }

  @Test
  void admitted_retriesRefusedConnections() throws Exception {
    read(1).refuse("NOAUTH Authentication required.");
    read(2).accept();
    loop.run(others::admitted);
    assertEquals(3, loop.clients.size());
    client(1).accept();
    assertEquals(2L, others.connected());
  }

  @Test
  void stop_closesAllConnections_andFailsTheirLoads() throws Exception {
    read(1).accept();
    read(2);
    assertTrue(loop.call(others::stop).succeeded());
    assertTrue(client(1).isClosed());
    assertTrue(client(2).isClosed());
    assertEquals(List.of("1/k: " + UNREACHABLE, "2/k: " + UNREACHABLE), reads.answers());
    assertTrue(loop.call(others::stop).succeeded());
  }
}
