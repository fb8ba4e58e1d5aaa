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
import redisproxy.bus.Bus.Asker;
import redisproxy.bus.Bus.Enquiry;
import redisproxy.bus.Bus.Fence;
import redisproxy.bus.Bus.Fenced;
import redisproxy.bus.Bus.Lookups;
import redisproxy.cache.Answer;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.command.Writes;
import redisproxy.config.Settings;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;
import redisproxy.upstream.Server;

/**
 * The fronts' end of the bus, one for each instance of a front verticle: gathers what its
 * connections look up in one turn of its event loop, sends it as one message, and hands the answers
 * out. A task scheduled while sockets are read runs after all that were ready have been read, so a
 * turn's lookups travel together.
 */
public final class Front {
  /**
   * How long requests already read may take to be answered when the proxy stops, in milliseconds.
   */
  public static final long GRACE_MS = 5_000;

  /** Batches kept for use again. */
  private static final int SPARE = 8;

  private final Vertx vertx;
  private final Context context;
  private final SlowLookups slow;
  private final String address = "front." + UUID.randomUUID();
  private final ArrayDeque<Lookups> spare = new ArrayDeque<>(SPARE);
  private final Tally tally = new Tally();
  private Lookups current;

  /** What is to be asked when the turn ends, or null. */
  private @Nullable Fence fence;

  private boolean scheduled;
  private Server server = Server.UNKNOWN;
  private boolean admitted = true;

  /** To be made on the event loop of the verticle it serves. */
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

  /** Counts what its connections have been answered. */
  public Tally tally() {
    return tally;
  }

  /** Has somebody told how the cache is doing. */
  public void ask(Consumer<Bus.Report> asker) {
    vertx.eventBus().send(Bus.REPORT, new Enquiry(address, asker), Bus.BY_REFERENCE);
  }

  /** What is known of the server. */
  public Server server() {
    return server;
  }

  /**
   * Whether Redis lets the proxy in, as far as is known. Where it does not, the cache can answer
   * nobody.
   */
  public boolean isAdmitted() {
    return admitted;
  }

  /**
   * Invalidates what may have been written. If who may log in may have changed, forgets what is
   * known of that, and has it checked when the turn ends. Sent at once: no lookup made from now on
   * anywhere overtakes it.
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
   * What is read may come from another server than what is written goes to. Sent at once, too.
   *
   * @param openedAt when the connection to that was begun, by {@link System#nanoTime}
   */
  public void moved(long openedAt) {
    vertx.eventBus().send(Bus.MOVED, openedAt, Bus.BY_REFERENCE);
  }

  /**
   * Redis has said something of a key elsewhere than in a load: what was kept before is not to be
   * served behind it.
   */
  public void seen(Key key) {
    invalidate(new Writes(List.of(key.bytes())));
  }

  /**
   * Has somebody told when all is invalidated that was written by commands whose replies have come.
   *
   * @param dropsAll whether everything is to be dropped where Redis does not tell what was written
   */
  public void fence(Fenced waiting, boolean dropsAll) {
    nextFence().waiting.add(waiting);
    nextFence().dropsAll |= dropsAll;
    schedule();
  }

  /** The same when who may log in may have changed as well: that is checked before. */
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

  /** Looks a key up whose bytes lie in a buffer; the buffer may be reused at once. */
  public void lookup(Asker asker, int ticket, int db, ByteBuf buffer, int start, int length) {
    current.add(asker, ticket, db, buffer, start, length);
    added();
  }

  /** Looks a key up. */
  public void lookup(Asker asker, int ticket, Key key) {
    current.add(asker, ticket, key);
    added();
  }

  /** One look at the clock does for all that a turn asks. */
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
      int hits = handOut(lookups.size, lookups.askers, lookups.tickets, lookups.answers, true);
      count(lookups, hits);
      if (spare.size() < SPARE) {
        lookups.clear();
        spare.add(lookups);
      }
    } else if (message.body() instanceof Answers answers) {
      count(answers);
      handOut(answers.size, answers.askers, answers.tickets, answers.answers, false);
    } else if (message.body() instanceof Fence back) {
      back.waiting.forEach(waiting -> tell(waiting, back.passed));
    } else if (message.body() instanceof Enquiry enquiry) {
      enquiry.asker.accept(enquiry.report);
    }
  }

  /** One look at the clock does for all hits of a turn, too. */
  private void count(Lookups lookups, int hits) {
    if (hits == 0) {
      return;
    }
    long took = System.nanoTime() - lookups.askedAt;
    tally.count(Outcome.HIT, hits, took);
    for (int i = 0; i < lookups.size && slow.are(took); i++) {
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
      if (slow.are(took)) {
        Key key = answers.keys[i];
        Outcome outcome = failed ? Outcome.FAILED : Outcome.MISS;
        slow.log(outcome, key.db(), key.bytes(), 0, key.bytes().length, took);
      }
    }
  }

  private static void tell(Fenced waiting, boolean passed) {
    try {
      waiting.fenced(passed);
    } catch (Throwable fault) {
      waiting.broken(fault);
    }
  }

  /**
   * A connection's lookups stand side by side, so it is told of the end where another's begin.
   * Returns how many have been answered.
   */
  private static int handOut(
      int size, Asker[] askers, int[] tickets, Answer[] answers, boolean hits) {
    int handedOut = 0;
    for (int i = 0; i < size; i++) {
      try {
        if (answers[i] != null) {
          handedOut++;
          askers[i].answered(tickets[i], answers[i], hits);
        }
        if (i + 1 == size || askers[i + 1] != askers[i]) {
          askers[i].answersEnd();
        }
      } catch (Throwable fault) {
        askers[i].broken(fault);
      }
    }
    return handedOut;
  }
}
