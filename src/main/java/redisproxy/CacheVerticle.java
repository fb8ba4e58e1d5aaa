package redisproxy;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import redisproxy.Bus.Answers;
import redisproxy.Bus.Asker;
import redisproxy.Bus.Lookups;
import redisproxy.cache.Answer;
import redisproxy.cache.Cache;
import redisproxy.cache.Key;
import redisproxy.cache.Prefixes;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;
import redisproxy.resp.Writes;
import redisproxy.upstream.Loader;
import redisproxy.upstream.Server;

/**
 * The one owner of the cache: every lookup of every front comes here over the bus, so that one
 * event loop does what locks would otherwise. Hits go back at once, in the message they came in; a
 * miss is answered when its load is.
 */
final class CacheVerticle extends VerticleBase {
  private static final long RECLAIM_EVERY_MS = 100;

  /** How many expired entries are dropped in one turn at most; the rest wait for the next. */
  private static final int RECLAIM_AT_ONCE = 512;

  private final Settings settings;
  private final Cache cache;
  private final LongSupplier clock;

  private ReadThrough<Waiter> readThrough;
  private Loader<Waiter> loader;
  private Server server = Server.UNKNOWN;

  /** Answers of loads that leave at the end of this turn, by the address of their front. */
  private final Map<String, Answers> leaving = new HashMap<>();

  /** A lookup that waits for a load. */
  private record Waiter(String replyTo, Asker asker, int ticket) {}

  /**
   * The verticle, not yet deployed.
   *
   * @param cache the cache it will own
   * @param clock milliseconds, monotonic
   */
  CacheVerticle(Settings settings, Cache cache, LongSupplier clock) {
    this.settings = settings;
    this.cache = cache;
    this.clock = clock;
  }

  @Override
  public Future<?> start() {
    ReadThrough.Limits limits =
        new ReadThrough.Limits(
            settings.cache().expiry().toMillis(),
            settings.cache().missingExpiry().toMillis(),
            0,
            settings.redis().maxLoads(),
            true,
            Prefixes.ALL);
    readThrough = new ReadThrough<>(cache, limits, load -> loader.load(load), this::answered);
    loader =
        new Loader<>(vertx, settings.redis(), settings.cache().maxValueBytes(), clock, readThrough);
    loader.whenKnown(this::known);
    vertx.eventBus().localConsumer(Bus.LOOKUPS, this::lookups);
    vertx.eventBus().<Writes>localConsumer(Bus.INVALIDATIONS, news -> invalidate(news.body()));
    vertx.eventBus().localConsumer(Bus.WHAT_SERVER, question -> known(server));
    vertx.eventBus().localConsumer(Bus.REPORT, this::report);
    vertx.setPeriodic(RECLAIM_EVERY_MS, timer -> reclaim());
    return loader.start();
  }

  @Override
  public Future<?> stop() {
    return loader.stop();
  }

  private void lookups(Message<Lookups> message) {
    Lookups lookups = message.body();
    long now = clock.getAsLong();
    for (int i = 0; i < lookups.size; i++) {
      lookups.answers[i] = lookup(lookups, i, now);
    }
    vertx.eventBus().send(lookups.replyTo, lookups, Bus.BY_REFERENCE);
  }

  private void known(Server news) {
    server = news;
    vertx.eventBus().publish(Bus.SERVER, server, Bus.BY_REFERENCE);
  }

  private void invalidate(Writes writes) {
    if (writes.reach() != Writes.Reach.KEYS) {
      readThrough.invalidateAll();
    } else {
      writes.keys().forEach(readThrough::invalidate);
    }
  }

  private void report(Message<Object> message) {
    message.reply(new Bus.Report(readThrough.stats(), loader.reachability()), Bus.BY_REFERENCE);
  }

  private Answer lookup(Lookups lookups, int i, long now) {
    int start = lookups.keyStart(i);
    int length = lookups.keyLength(i);
    int db = lookups.dbs[i];
    int hash = lookups.hashes[i];
    Answer hit = readThrough.get(db, lookups.keys, start, length, hash, now);
    if (hit == null) {
      Key key = Key.copyOf(db, lookups.keys, start, length, hash);
      readThrough.load(
          key, new Waiter(lookups.replyTo, lookups.askers[i], lookups.tickets[i]), now);
    }
    return hit;
  }

  private void answered(Waiter waiter, Answer answer) {
    if (leaving.isEmpty()) {
      context.runOnContext(turn -> sendAnswers());
    }
    leaving
        .computeIfAbsent(waiter.replyTo(), address -> new Answers())
        .add(waiter.asker(), waiter.ticket(), answer);
  }

  private void sendAnswers() {
    leaving.forEach(
        (address, answers) -> vertx.eventBus().send(address, answers, Bus.BY_REFERENCE));
    leaving.clear();
  }

  private void reclaim() {
    if (readThrough.reclaim(clock.getAsLong(), RECLAIM_AT_ONCE) == RECLAIM_AT_ONCE) {
      context.runOnContext(turn -> reclaim());
    }
  }
}
