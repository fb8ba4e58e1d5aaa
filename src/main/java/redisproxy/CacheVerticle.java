package redisproxy;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.Bus.Answers;
import redisproxy.Bus.Asker;
import redisproxy.Bus.Enquiry;
import redisproxy.Bus.Fence;
import redisproxy.Bus.Lookups;
import redisproxy.cache.Answer;
import redisproxy.cache.Cache;
import redisproxy.cache.Key;
import redisproxy.cache.Prefixes;
import redisproxy.cache.ReadThrough;
import redisproxy.cache.Trust;
import redisproxy.config.Settings;
import redisproxy.metrics.Connections;
import redisproxy.metrics.LoopDelay;
import redisproxy.metrics.Tally;
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

  /** How many expired entries are dropped in one turn at most. */
  private static final int RECLAIM_AT_ONCE = 512;

  /**
   * How long the loop has for others then, in milliseconds. A task would not do: Netty runs tasks
   * that make tasks for up to a second before it looks at sockets again.
   */
  private static final long BREATH_MS = 1;

  /** How many entries are dropped in one turn at most when the cache is to be smaller. */
  private static final int SHRINK_AT_ONCE = 2048;

  private Settings settings;
  private final Cache cache;
  private final LongSupplier clock;
  private final Census census;
  private final Insight insight;

  private ReadThrough<Waiter> readThrough;
  private Loader<Waiter> loader;
  private Coherence coherence;
  private LoopDelay loopDelay;

  /** Null where there is to be none. */
  private @Nullable WarmStart warmStart;

  private boolean stopping;
  private Server server = Server.UNKNOWN;

  /** Answers of loads that leave at the end of this turn, by the address of their front. */
  private final Map<String, Answers> leaving = new HashMap<>();

  /** A lookup that waits for a load. */
  private record Waiter(Key key, String replyTo, Asker asker, int ticket, long askedAt) {}

  /** The warm start waits for these; no front does. */
  @SuppressWarnings("NullAway") // nobody looks into it
  private static final Waiter WARM = new Waiter(null, null, null, 0, 0);

  /**
   * The verticle, not yet deployed.
   *
   * @param cache the cache it will own
   * @param clock milliseconds, monotonic
   */
  CacheVerticle(
      Settings settings, Cache cache, LongSupplier clock, Census census, Insight insight) {
    this.settings = settings;
    this.cache = cache;
    this.clock = clock;
    this.census = census;
    this.insight = insight;
  }

  @Override
  public Future<?> start() {
    readThrough = new ReadThrough<>(cache, limits(), load -> loader.load(load), this::answered);
    loader =
        new Loader<>(vertx, settings.redis(), settings.cache().maxValueBytes(), clock, readThrough);
    coherence = new Coherence(vertx, settings, clock, readThrough);
    loader.whenKnown(this::known);
    loader.whenReachable(coherence::reachable);
    vertx.eventBus().localConsumer(Bus.LOOKUPS, this::lookups);
    vertx.eventBus().<Writes>localConsumer(Bus.INVALIDATIONS, news -> invalidate(news.body()));
    vertx.eventBus().<Fence>localConsumer(Bus.FENCES, asked -> fence(asked.body()));
    vertx.eventBus().localConsumer(Bus.WHAT_SERVER, question -> known(server));
    vertx.eventBus().<Enquiry>localConsumer(Bus.REPORT, asked -> answer(asked.body()));
    vertx.eventBus().<Settings>localConsumer(Bus.SETTINGS, news -> change(news.body()));
    loopDelay = new LoopDelay(vertx);
    census.join(Census.CACHE, context, this::share);
    insight.open(context);
    reclaimIn(RECLAIM_EVERY_MS);
    String snapshot = settings.cache().snapshot();
    if (!snapshot.isEmpty()) {
      warmStart = new WarmStart(vertx, context, Path.of(snapshot), this::warm);
    }
    return Future.join(loader.start(), coherence.start()).onComplete(started -> warmUp());
  }

  private void warmUp() {
    if (warmStart != null) {
      warmStart.begin(settings.cache().capacity());
    }
  }

  /** False when it is not the time: what was loaded would not be kept, or clients are in need. */
  private boolean warm(Key key) {
    if (readThrough.trust() != Trust.VERIFIED
        || !loader.reachability().now()
        || readThrough.stats().loadsInFlight() >= settings.redis().maxLoads()) {
      return false;
    }
    long now = clock.getAsLong();
    if (cache.get(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode(), now) != null) {
      warmed();
    } else {
      readThrough.begin(key, WARM, now);
    }
    return true;
  }

  private void warmed() {
    if (warmStart != null) {
      warmStart.loaded();
    }
  }

  private ReadThrough.Limits limits() {
    Settings.Cache cache = settings.cache();
    Settings.Coherence coherence = settings.coherence();
    List<byte[]> prefixes =
        coherence.prefixes().stream()
            .map(prefix -> prefix.getBytes(StandardCharsets.UTF_8))
            .toList();
    return new ReadThrough.Limits(
        cache.expiry().toMillis(),
        cache.missingExpiry().toMillis(),
        cache.refreshAhead().toMillis(),
        settings.redis().maxLoads(),
        coherence.whenUnverified() == Settings.Coherence.WhenUnverified.SERVE,
        new Prefixes(prefixes));
  }

  private void change(Settings now) {
    settings = now;
    ReadThrough.Limits limits = limits();
    readThrough.limits(limits);
    coherence.servesUnverified(limits.servesUnverified());
    resize();
  }

  private void resize() {
    Settings.Cache to = settings.cache();
    if (!cache.resize(to.capacity(), to.maxBytes(), SHRINK_AT_ONCE, clock.getAsLong())) {
      vertx.setTimer(BREATH_MS, timer -> resize());
    }
  }

  @Override
  public Future<?> stop() {
    stopping = true;
    Future<?> stopped = Future.join(loader.stop(), coherence.stop());
    WarmStart warm = warmStart;
    return warm == null
        ? stopped
        : stopped.eventually(() -> warm.end(cache.oldestFirst(), clock.getAsLong()));
  }

  private void lookups(Message<Lookups> message) {
    Lookups lookups = message.body();
    long now = clock.getAsLong();
    for (int i = 0; i < lookups.size; i++) {
      if (i % Cache.AHEAD == 0) {
        readThrough.readAhead(lookups.hashes, i, lookups.size);
      }
      lookups.answers[i] = lookup(lookups, i, now);
    }
    insight.seen(lookups, now);
    vertx.eventBus().send(lookups.replyTo, lookups, Bus.BY_REFERENCE);
  }

  private void known(Server news) {
    server = news;
    vertx.eventBus().publish(Bus.SERVER, server, Bus.BY_REFERENCE);
  }

  private void invalidate(Writes writes) {
    switch (writes.reach()) {
      case KEYS -> writes.keys().forEach(readThrough::invalidate);
      case UNKNOWN -> coherence.unknownWritten();
      case EVERYTHING -> readThrough.invalidateAll();
    }
  }

  private void fence(Fence fence) {
    coherence.fence(
        fence.dropsAll,
        passed -> {
          fence.passed = passed;
          vertx.eventBus().send(fence.replyTo, fence, Bus.BY_REFERENCE);
        });
  }

  private Bus.Report report() {
    return new Bus.Report(readThrough.stats(), loader.reachability(), coherence.state());
  }

  private void answer(Enquiry enquiry) {
    enquiry.report = report();
    vertx.eventBus().send(enquiry.replyTo, enquiry, Bus.BY_REFERENCE);
  }

  private Census.Share share() {
    Bus.Report report = report();
    Connections connections = new Connections();
    loader.count(connections);
    coherence.count(connections);
    return new Census.Share(new Tally(), connections, loopDelay.delays().copy(), report);
  }

  private @Nullable Answer lookup(Lookups lookups, int i, long now) {
    int start = lookups.keyStart(i);
    int length = lookups.keyLength(i);
    int db = lookups.dbs[i];
    int hash = lookups.hashes[i];
    Answer hit = readThrough.get(db, lookups.keys, start, length, hash, now);
    if (hit == null) {
      Key key = Key.copyOf(db, lookups.keys, start, length, hash);
      readThrough.load(
          key,
          new Waiter(key, lookups.replyTo, lookups.askers[i], lookups.tickets[i], lookups.askedAt),
          now);
    }
    return hit;
  }

  @SuppressWarnings("ReferenceEquality") // of that one waiter there is one
  private void answered(Waiter waiter, Answer answer) {
    if (waiter == WARM) {
      warmed();
      return;
    }
    if (leaving.isEmpty()) {
      context.runOnContext(turn -> sendAnswers());
    }
    leaving
        .computeIfAbsent(waiter.replyTo(), address -> new Answers())
        .add(waiter.asker(), waiter.ticket(), answer, waiter.key(), waiter.askedAt());
  }

  private void sendAnswers() {
    leaving.forEach(
        (address, answers) -> vertx.eventBus().send(address, answers, Bus.BY_REFERENCE));
    leaving.clear();
  }

  private void reclaimIn(long millis) {
    vertx.setTimer(millis, timer -> reclaim());
  }

  private void reclaim() {
    if (stopping) {
      return;
    }
    int dropped = readThrough.reclaim(clock.getAsLong(), RECLAIM_AT_ONCE);
    reclaimIn(dropped == RECLAIM_AT_ONCE ? BREATH_MS : RECLAIM_EVERY_MS);
  }
}
