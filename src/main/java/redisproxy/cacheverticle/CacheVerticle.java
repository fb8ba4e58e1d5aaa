package redisproxy.cacheverticle;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Fence;
import redisproxy.bus.Bus.Lookups;
import redisproxy.bus.Bus.ReportRequest;
import redisproxy.bus.Bus.Requester;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.Answer;
import redisproxy.cache.Cache;
import redisproxy.cache.Kept;
import redisproxy.cache.Key;
import redisproxy.cache.Load;
import redisproxy.cache.Read;
import redisproxy.cache.ReadThrough;
import redisproxy.cache.TouchQueue;
import redisproxy.cache.Trust;
import redisproxy.command.Writes;
import redisproxy.config.Settings;
import redisproxy.metrics.Connections;
import redisproxy.metrics.LoopDelay;
import redisproxy.metrics.Tally;
import redisproxy.tls.ToRedis;
import redisproxy.tracing.Spans;
import redisproxy.transport.Choice;
import redisproxy.upstream.Server;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.load.Loader;
import redisproxy.upstream.load.TouchSender;
import redisproxy.upstream.node.CacheNode;

/**
 * The only owner of the cache. All lookups of all fronts arrive here over the bus, so one event
 * loop replaces locks. Hits go back at once, in the message that they arrived in. A miss is
 * answered when its load ends.
 */
public final class CacheVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(CacheVerticle.class);

  private Settings settings;
  private final Choice socketTransport;
  private final Cache cache;
  private final LongSupplier clock;
  private final StatsCollector statsCollector;
  private final Insight insight;
  private final ToRedis tls;
  private final LoadSpans spans;

  private ReadThrough<Waiter> readThrough;
  private Loader<Waiter> loader;
  private Coherence coherence;
  private CacheNode<Waiter> node;
  private boolean isAdmitted = true;

  /** Loads of this turn whose answers wait for a fence. */
  private List<LongConsumer> awaitingFence = new ArrayList<>();

  private Upkeep upkeep;
  private LoopDelay loopDelay;
  private OutgoingAnswers outgoing;
  private Server server = Server.UNKNOWN;

  /** Null if Redis is not told of hits. */
  private @Nullable TouchSender touches;

  /** Null if the settings name no snapshot. */
  private @Nullable WarmStart warmStart;

  /** A lookup that waits for a load. */
  private record Waiter(Key key, String replyTo, Requester requester, int ticket, long askedAt) {
    /** Waits for the loads of the warm start, for which no front waits. */
    @SuppressWarnings("NullAway") // its fields are never read, except replyTo
    static final Waiter WARM = new Waiter(null, "", null, 0, 0);

    boolean isWarm() {
      return replyTo.isEmpty();
    }
  }

  /**
   * Makes the verticle, not yet deployed.
   *
   * @param socketTransport the transport in use, for the report
   * @param clock monotonic, in milliseconds
   * @param insight has the cache that this verticle will own
   * @param spans null if loads are not traced
   */
  public CacheVerticle(
      Settings settings,
      Choice socketTransport,
      LongSupplier clock,
      StatsCollector statsCollector,
      Insight insight,
      ToRedis tls,
      @Nullable Spans spans) {
    this.settings = settings;
    this.socketTransport = socketTransport;
    this.cache = insight.cache();
    this.clock = clock;
    this.statsCollector = statsCollector;
    this.insight = insight;
    this.tls = tls;
    this.spans = new LoadSpans(spans);
  }

  @Override
  public Future<?> start() {
    readThrough =
        new ReadThrough<>(
            cache, CacheLimits.from(settings), this::load, this::answered, this::whenConfirmed);
    outgoing = new OutgoingAnswers(vertx, context);
    Transport transport = new Transport(vertx, settings.redis(), tls);
    node = new CacheNode<>(vertx, transport, settings, clock, readThrough, new NodeOwner());
    loader = node.loader();
    coherence = new Coherence(settings, node, clock, readThrough);
    vertx.eventBus().localConsumer(Bus.LOOKUPS, this::lookups);
    vertx.eventBus().<Writes>localConsumer(Bus.INVALIDATIONS, news -> invalidate(news.body()));
    vertx.eventBus().<Fence>localConsumer(Bus.FENCES, asked -> fence(asked.body()));
    vertx.eventBus().<Long>localConsumer(Bus.MOVED, news -> node.probe().writesTaken(news.body()));
    vertx.eventBus().localConsumer(Bus.WHAT_SERVER, question -> publishAgain());
    vertx.eventBus().<ReportRequest>localConsumer(Bus.REPORT, asked -> answer(asked.body()));
    vertx.eventBus().<Settings>localConsumer(Bus.SETTINGS, news -> change(news.body()));
    loopDelay = new LoopDelay(vertx);
    context.exceptionHandler(this::unhandled);
    statsCollector.register(StatsCollector.CACHE, context, this::share);
    insight.open(context);
    upkeep = new Upkeep(vertx, cache, readThrough, clock, loader::broken);
    touches = touches();
    String snapshot = settings.cache().snapshot();
    if (!snapshot.isEmpty()) {
      warmStart = new WarmStart(vertx, context, Path.of(snapshot), this::warm);
    }
    return Future.join(node.start(), coherence.start()).onComplete(started -> warmUp());
  }

  private @Nullable TouchSender touches() {
    Duration interval = settings.cache().touchInterval();
    if (interval.isZero()) {
      return null;
    }
    return new TouchSender(vertx, cache, loader, new TouchQueue((int) interval.toMillis()));
  }

  private void warmUp() {
    if (warmStart != null) {
      warmStart.begin(settings.cache().capacity());
    }
  }

  /**
   * Starts a load of the warm start. Returns false if it should not start now: the value would not
   * be kept, Redis cannot be reached, or clients need the loads that are allowed.
   */
  private boolean warm(Key key) {
    if (readThrough.trust() != Trust.VERIFIED
        || !loader.reachability().now()
        || readThrough.stats().loadsInFlight() >= settings.redis().maxLoads()) {
      return false;
    }
    long now = clock.getAsLong();
    Kept kept = cache.get(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode(), now);
    if (kept != null && kept.value(now) != null) {
      warmed();
    } else {
      readThrough.begin(key, null, Waiter.WARM, now);
    }
    return true;
  }

  private void warmed() {
    if (warmStart != null) {
      warmStart.loaded();
    }
  }

  private void change(Settings now) {
    settings = now;
    ReadThrough.Limits limits = CacheLimits.from(now);
    readThrough.limits(limits);
    coherence.servesUnverified(limits.servesUnverified());
    upkeep.resize(settings.cache());
  }

  @Override
  public Future<?> stop() {
    upkeep.stop();
    if (touches != null) {
      touches.stop();
    }
    Future<?> stopped = Future.join(node.stop(), coherence.stop());
    WarmStart warm = warmStart;
    return warm == null
        ? stopped
        : stopped.eventually(() -> warm.end(cache.oldestFirst(), clock.getAsLong()));
  }

  private void lookups(Message<Lookups> message) {
    Lookups lookups = message.body();
    long now = clock.getAsLong();
    for (int i = 0; i < lookups.size; i++) {
      lookups.answers[i] = answer(lookups, i, now);
    }
    seen(lookups, now);
    vertx.eventBus().send(lookups.replyTo, lookups, Bus.BY_REFERENCE);
  }

  /** Answers a lookup even if it throws. Otherwise its client would never get an answer. */
  private @Nullable Answer answer(Lookups lookups, int i, long now) {
    try {
      if (i % Cache.AHEAD == 0) {
        readThrough.readAhead(lookups.hashes, i, lookups.size);
      }
      return lookup(lookups, i, now);
    } catch (Throwable fault) {
      return loader.broken(fault);
    }
  }

  /** Calls back with the time when Redis has reported all writes up to now. */
  private void whenConfirmed(LongConsumer then) {
    awaitingFence.add(then);
    if (awaitingFence.size() == 1) {
      context.runOnContext(
          turn -> {
            List<LongConsumer> confirmed = awaitingFence;
            awaitingFence = new ArrayList<>();
            coherence.fence(false, passed -> confirmed.forEach(this::goOn));
          });
    }
  }

  private void goOn(LongConsumer confirmed) {
    try {
      confirmed.accept(clock.getAsLong());
    } catch (Throwable fault) {
      loader.broken(fault);
    }
  }

  private void seen(Lookups lookups, long now) {
    try {
      insight.seen(lookups, now);
    } catch (Throwable fault) {
      LOG.error("hot keys are not counted because of a fault of the proxy", fault);
    }
  }

  private void load(Load<Waiter> load) {
    try {
      Waiter first = load.first();
      if (first != null && !first.isWarm()) {
        spans.begin(first, first.requester(), load.key().db());
      }
      loader.load(load);
    } catch (Throwable fault) {
      readThrough.failed(load, loader.broken(fault), clock.getAsLong());
    }
  }

  /**
   * Handles an exception that no other code has caught, such as one that the Redis client throws
   * while it parses a reply that is not RESP. The work that threw it will not continue.
   */
  private void unhandled(Throwable fault) {
    LOG.error("connections to Redis are reopened because of a fault", fault);
    if (fault instanceof RuntimeException) {
      loader.abandon("given up because of a fault of the proxy");
      readThrough.invalidateAll();
    }
  }

  /** Publishes the changes of the node that the fronts need to know. */
  private final class NodeOwner implements CacheNode.Owner {
    @Override
    public void known(Server news) {
      publishServer(news);
    }

    @Override
    public void reachable(boolean now) {
      coherence.reachable(now);
    }

    @Override
    public void admitted(boolean now) {
      publishAdmitted(now);
    }

    @Override
    public void renewed() {
      vertx.eventBus().publish(Bus.RENEW, null, Bus.BY_REFERENCE);
    }
  }

  private void publishServer(Server now) {
    server = now;
    vertx.eventBus().publish(Bus.SERVER, now, Bus.BY_REFERENCE);
  }

  /** Publishes the latest news again, because a front has started. */
  private void publishAgain() {
    publishServer(server);
    publishAdmitted(isAdmitted);
  }

  private void publishAdmitted(boolean now) {
    isAdmitted = now;
    vertx.eventBus().publish(Bus.ADMITTED, now, Bus.BY_REFERENCE);
  }

  private void invalidate(Writes writes) {
    try {
      switch (writes.reach()) {
        case KEYS -> writes.keys().forEach(readThrough::invalidate);
        case UNKNOWN -> coherence.unknownWritten();
        case EVERYTHING -> readThrough.invalidateAll();
      }
    } catch (Throwable fault) {
      loader.broken(fault);
    }
  }

  private void fence(Fence fence) {
    if (fence.checksAccess) {
      node.probe().accessChanged().onComplete(checked -> fenceWrites(fence));
    } else {
      fenceWrites(fence);
    }
  }

  private void fenceWrites(Fence fence) {
    coherence.fence(
        fence.dropsAll,
        passed -> {
          fence.passed = passed;
          vertx.eventBus().send(fence.replyTo, fence, Bus.BY_REFERENCE);
        });
  }

  private Bus.Report report() {
    return new Bus.Report(
        readThrough.stats(),
        touches == null ? 0 : touches.touched(),
        loader.reachability(),
        coherence.state(),
        socketTransport);
  }

  private void answer(ReportRequest reportRequest) {
    reportRequest.report = report();
    vertx.eventBus().send(reportRequest.replyTo, reportRequest, Bus.BY_REFERENCE);
  }

  private StatsCollector.VerticleStats share() {
    Bus.Report report = report();
    Connections connections = new Connections();
    loader.count(connections);
    coherence.count(connections);
    return new StatsCollector.VerticleStats(
        new Tally(), connections, loopDelay.delays().copy(), report);
  }

  private @Nullable Answer lookup(Lookups lookups, int i, long now) {
    int start = lookups.keyStart(i);
    int length = lookups.keyLength(i);
    int db = lookups.dbs[i];
    int hash = lookups.hashes[i];
    int readLength = lookups.readLengths[i];
    Answer hit =
        readLength == 0
            ? readThrough.get(db, lookups.keys, start, length, hash, now)
            : readThrough.reply(db, lookups.keys, start, length, hash, readLength, now);
    if (hit == null) {
      Key key = Key.copyOf(db, lookups.keys, start, length, hash);
      Read read = readLength == 0 ? null : Read.copyOf(lookups.keys, start + length, readLength);
      readThrough.load(
          key,
          read,
          new Waiter(
              key, lookups.replyTo, lookups.requesters[i], lookups.tickets[i], lookups.askedAt),
          now);
    }
    return hit;
  }

  private void answered(Waiter waiter, Answer answer) {
    if (waiter.isWarm()) {
      warmed();
      return;
    }
    spans.end(waiter, answer);
    outgoing.add(
        waiter.replyTo(),
        waiter.requester(),
        waiter.ticket(),
        answer,
        waiter.key(),
        waiter.askedAt());
  }
}
