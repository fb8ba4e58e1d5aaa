package redisproxy.bus;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Bus.Answers;
import redisproxy.bus.Bus.Fence;
import redisproxy.bus.Bus.Fenced;
import redisproxy.bus.Bus.Lookups;
import redisproxy.bus.Bus.ReportRequest;
import redisproxy.bus.Bus.Requester;
import redisproxy.cache.Answer;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.Read;
import redisproxy.command.CachedCommand;
import redisproxy.command.Request;
import redisproxy.command.Writes;
import redisproxy.config.Settings;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;
import redisproxy.upstream.Server;

/**
 * The fronts' end of the bus; each instance of a front verticle has one. Collects the lookups that
 * its connections make in one turn of its event loop, sends them as one message, and passes the
 * answers back. A task that is scheduled while sockets are read runs after all ready sockets were
 * read. So all lookups of a turn are sent together.
 */
public final class Front {
  /**
   * How long the proxy waits, when it stops, for answers to requests that it has read, in
   * milliseconds.
   */
  public static final long GRACE_MS = 5_000;

  /** How many batches are kept for reuse. */
  private static final int SPARE = 8;

  private final Vertx vertx;
  private final Context context;
  private final SlowLookups slow;
  private final String address = "front." + UUID.randomUUID();
  private final ArrayDeque<Lookups> spare = new ArrayDeque<>(SPARE);
  private final Tally tally = new Tally();
  private Lookups current;

  /** The fence to send when the turn ends, or null. */
  private @Nullable Fence fence;

  private boolean scheduled;
  private Server server = Server.UNKNOWN;
  private boolean admitted = true;

  /** Call this on the event loop of the verticle that the front serves. */
  public Front(Vertx vertx, Context context, SlowLookups slow) {
    this.vertx = vertx;
    this.context = context;
    this.slow = slow;
    this.current = new Lookups(address);
    vertx.eventBus().localConsumer(address, this::received);
    vertx.eventBus().<Server>localConsumer(Bus.SERVER, news -> server = news.body());
    vertx.eventBus().<Boolean>localConsumer(Bus.ADMITTED, news -> admitted = news.body());
    vertx.eventBus().<Settings>localConsumer(Bus.SETTINGS, news -> slow.change(news.body().log()));
    vertx.eventBus().send(Bus.WHAT_SERVER, address, Bus.BY_REFERENCE);
  }

  /** Counts the answers to this front's connections. */
  public Tally tally() {
    return tally;
  }

  /** Requests a report on the cache. The consumer gets it on this front's event loop. */
  public void ask(Consumer<Bus.Report> requester) {
    vertx.eventBus().send(Bus.REPORT, new ReportRequest(address, requester), Bus.BY_REFERENCE);
  }

  /** What is known about the Redis server. */
  public Server server() {
    return server;
  }

  /**
   * Whether Redis lets the proxy log in, as far as is known. If it does not, the cache can answer
   * no lookup.
   */
  public boolean isAdmitted() {
    return admitted;
  }

  /**
   * Invalidates what may have been written. If the access rules may have changed, tells all fronts
   * to forget what they know about log-ins, and requests a new check when the turn ends. The
   * invalidation is sent at once: no later lookup of any front overtakes it.
   */
  public void invalidate(Writes writes) {
    if (writes.changesKeys()) {
      vertx.eventBus().send(Bus.INVALIDATIONS, writes, Bus.BY_REFERENCE);
    }
    if (writes.access()) {
      vertx.eventBus().publish(Bus.ACCESS, null, Bus.BY_REFERENCE);
      nextFence().checksAccess = true;
      schedule();
    }
  }

  /**
   * Reports that writes may go to another server than the one that is read. Sent at once.
   *
   * @param openedAt when the connection that takes writes was begun, by {@link System#nanoTime}
   */
  public void moved(long openedAt) {
    vertx.eventBus().send(Bus.MOVED, openedAt, Bus.BY_REFERENCE);
  }

  /**
   * Reports that a client has seen a newer value of a key outside of a load. Invalidates the entry,
   * so that the client does not read an older value afterwards.
   */
  public void seen(Key key) {
    invalidate(new Writes(List.of(key.bytes())));
  }

  /**
   * Requests a fence. The callback runs once everything is invalidated that was written by commands
   * whose replies have arrived.
   *
   * @param dropsAll whether to drop all entries if Redis does not report what was written
   */
  public void fence(Fenced waiting, boolean dropsAll) {
    nextFence().waiting.add(waiting);
    nextFence().dropsAll |= dropsAll;
    schedule();
  }

  /**
   * Requests a fence, and before it a check of who may log in: a command may have changed that,
   * too.
   */
  public void fenceAccess(Fenced waiting, boolean dropsAll) {
    fence(waiting, dropsAll);
    nextFence().checksAccess = true;
  }

  private Fence nextFence() {
    if (fence == null) {
      fence = new Fence(address);
    }
    return fence;
  }

  /** Looks up a key whose bytes are in a buffer. The buffer may be reused at once. */
  public void lookup(
      Requester requester, int ticket, int db, ByteBuf buffer, int start, int length) {
    current.add(requester, ticket, db, buffer, start, length);
    added();
  }

  /**
   * Looks up the reply to another read than GET. The request's buffer may be reused at once.
   *
   * @param isResp3 whether the client speaks RESP3. If RESP2 differs in the head alone, the reply
   *     is RESP2 nevertheless, because clients of both versions share it
   * @return the hash of the key
   */
  public int lookup(
      Requester requester,
      int ticket,
      int db,
      Request request,
      CachedCommand command,
      boolean isResp3) {
    int flags = request.count() > 2 ? Read.ARGUMENTS : 0;
    flags |=
        switch (command.resp3(request)) {
          case MAP -> Read.MAP;
          case SET -> Read.SET;
          case OTHER -> isResp3 ? Read.RESP3 : 0;
          default -> 0;
        };
    flags |= command.isRange() ? Read.RANGE : 0;
    flags |= command.isOfKeys(request) ? Read.KEYS : 0;
    if (server.commands().hasExpiringFields()) {
      flags |=
          switch (command.fields()) {
            case NONE -> 0;
            case NAMED -> Read.FIELDS;
            case ALL -> Read.ALL_FIELDS;
          };
    }
    int hash = current.add(requester, ticket, db, request, command, flags);
    added();
    return hash;
  }

  /** Looks up a key. */
  public void lookup(Requester requester, int ticket, Key key) {
    lookup(requester, ticket, key, null);
  }

  /**
   * Looks up the reply to a read of a key.
   *
   * @param read null for GET
   */
  public void lookup(Requester requester, int ticket, Key key, @Nullable Read read) {
    current.add(requester, ticket, key, read);
    added();
  }

  /** Reads the clock once for all lookups of a turn. */
  private void added() {
    if (current.size == 1) {
      current.askedAt = System.nanoTime();
    }
    if (current.isFull()) {
      send();
    } else {
      schedule();
    }
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      context.runOnContext(turn -> turnEnds());
    }
  }

  private void turnEnds() {
    scheduled = false;
    if (current.size > 0) {
      send();
    }
    if (fence != null) {
      vertx.eventBus().send(Bus.FENCES, fence, Bus.BY_REFERENCE);
      fence = null;
    }
  }

  private void send() {
    Lookups full = current;
    current = spare.isEmpty() ? new Lookups(address) : spare.poll();
    vertx.eventBus().send(Bus.LOOKUPS, full, Bus.BY_REFERENCE);
  }

  private void received(Message<Object> message) {
    if (message.body() instanceof Lookups lookups) {
      int hits = handOut(lookups.size, lookups.requesters, lookups.tickets, lookups.answers, true);
      count(lookups, hits);
      if (spare.size() < SPARE) {
        lookups.clear();
        spare.add(lookups);
      }
    } else if (message.body() instanceof Answers answers) {
      count(answers);
      handOut(answers.size, answers.requesters, answers.tickets, answers.answers, false);
    } else if (message.body() instanceof Fence back) {
      back.waiting.forEach(waiting -> callBack(waiting, back.passed));
    } else if (message.body() instanceof ReportRequest reportRequest) {
      reportRequest.requester.accept(reportRequest.report);
    }
  }

  /** Reads the clock once for all hits of a turn. */
  private void count(Lookups lookups, int hits) {
    if (hits == 0) {
      return;
    }
    long took = System.nanoTime() - lookups.askedAt;
    tally.count(Outcome.HIT, hits, took);
    for (int i = 0; i < lookups.size && slow.isSlow(took); i++) {
      if (lookups.answers[i] != null) {
        int start = lookups.keyStart(i);
        slow.log(Outcome.HIT, lookups.dbs[i], lookups.keys, start, lookups.keyLength(i), took);
      }
    }
  }

  private void count(Answers answers) {
    long now = System.nanoTime();
    for (int i = 0; i < answers.size; i++) {
      long took = now - answers.askedAt[i];
      boolean failed = answers.answers[i] instanceof Failure;
      if (failed) {
        tally.count(Outcome.FAILED);
      } else {
        tally.count(Outcome.MISS, 1, took);
      }
      if (slow.isSlow(took)) {
        Key key = answers.keys[i];
        Outcome outcome = failed ? Outcome.FAILED : Outcome.MISS;
        slow.log(outcome, key.db(), key.bytes(), 0, key.bytes().length, took);
      }
    }
  }

  private static void callBack(Fenced waiting, boolean passed) {
    try {
      waiting.fenced(passed);
    } catch (Throwable fault) {
      waiting.broken(fault);
    }
  }

  /**
   * Passes each answer to its requester. The lookups of a connection are adjacent, so {@link
   * Requester#answersEnd} is called where the next connection's begin. Returns the number of
   * answers.
   */
  private static int handOut(
      int size, Requester[] requesters, int[] tickets, Answer[] answers, boolean hits) {
    int handedOut = 0;
    for (int i = 0; i < size; i++) {
      try {
        if (answers[i] != null) {
          handedOut++;
          requesters[i].answered(tickets[i], answers[i], hits);
        }
        if (i + 1 == size || requesters[i + 1] != requesters[i]) {
          requesters[i].answersEnd();
        }
      } catch (Throwable fault) {
        requesters[i].broken(fault);
      }
    }
    return handedOut;
  }
}
