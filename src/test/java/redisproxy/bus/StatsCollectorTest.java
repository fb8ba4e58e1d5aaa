package redisproxy.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.admin.Health;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Histogram;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;

/** Which verticles answer, and which are found stuck. */
class StatsCollectorTest {
  private final Vertx watched = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  private final Vertx watcher = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Context taker = watcher.getOrCreateContext();
  private final StatsCollector statsCollector = new StatsCollector();

  @AfterEach
  void close() {
    watched.close();
    watcher.close();
  }

  private Context join(int hits) {
    CompletableFuture<Context> joined = new CompletableFuture<>();
    watched.deployVerticle(
        new io.vertx.core.AbstractVerticle() {
          @Override
          public void start() {
            statsCollector.register(StatsCollector.RESP, context, () -> share(hits));
            joined.complete(context);
          }
        });
    return joined.join();
  }

  private static StatsCollector.VerticleStats share(int hits) {
    Tally tally = new Tally();
    tally.count(Outcome.HIT, hits, 1_000);
    return new StatsCollector.VerticleStats(tally, new Connections(), new Histogram(), null);
  }

  private Reading take() throws Exception {
    CompletableFuture<Reading> reading = new CompletableFuture<>();
    taker.runOnContext(turn -> statsCollector.collect(taker, reading::complete));
    return reading.get(10, TimeUnit.SECONDS);
  }

  @Test
  void take_sumsUpAllVerticles() throws Exception {
    join(3);
    join(4);
    Reading reading = take();
    assertEquals(7, reading.tally(StatsCollector.RESP).total(Outcome.HIT));
    assertEquals(7, reading.tally(StatsCollector.RESP).durations(Outcome.HIT).count());
    assertTrue(Health.live(reading).isGood());
  }

  @Test
  void take_namesAStuckVerticleAndKeepsItsCounts() throws Exception {
    join(3);
    Context stuck = join(4);
    take();
    CountDownLatch release = new CountDownLatch(1);
    stuck.runOnContext(
        turn -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Reading reading = take();
    release.countDown();
    assertEquals(List.of("resp-1"), reading.silent());
    assertEquals(7, reading.tally(StatsCollector.RESP).total(Outcome.HIT));
    assertFalse(Health.live(reading).isGood());
    assertFalse(Health.ready(reading).isGood());
    assertEquals(List.of(), take().silent());
  }

  /** The admin port ends shortly after the verticles, and may get a request in between. */
  @Test
  void take_whenAVerticleHasEnded_reportsItAsSilentAndAsksTheOthers() throws Exception {
    Vertx ended = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    statsCollector.register(StatsCollector.RESP, ended.getOrCreateContext(), () -> share(1));
    ended.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    join(2);
    Reading reading = take();
    assertEquals(List.of("resp-0"), reading.silent());
    assertEquals(2, reading.tally(StatsCollector.RESP).total(Outcome.HIT));
  }
}
