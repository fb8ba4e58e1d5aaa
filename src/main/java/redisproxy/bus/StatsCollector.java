package redisproxy.bus;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Histogram;
import redisproxy.metrics.Tally;

/**
 * Collects the statistics of every verticle, each on its own event loop. The collector runs on an
 * event loop that no such verticle shares. So it detects a stuck event loop and does not wait for
 * it.
 */
public final class StatsCollector {
  public static final String CACHE = "cache";
  public static final String RESP = "resp";
  public static final String HTTP = "http";

  /** An event loop that does not answer within this time is stuck, in milliseconds. */
  private static final long ANSWER_WITHIN_MS = 1_000;

  private final List<Member> members = new CopyOnWriteArrayList<>();

  /**
   * The statistics of one verticle. They are copies that no one changes any more.
   *
   * @param cache the report of the cache verticle; null for other verticles
   */
  public record VerticleStats(
      Tally tally, Connections connections, Histogram loopDelay, Bus.@Nullable Report cache) {}

  /** A verticle. Its mutable field belongs to the collector's event loop. */
  private static final class Member {
    final String name;
    final String kind;
    final Context context;
    final Supplier<VerticleStats> stats;

    /**
     * The verticle's latest statistics, or null. Kept so that the sums still include the counts of
     * a stuck verticle.
     */
    @Nullable VerticleStats latest;

    Member(String name, String kind, Context context, Supplier<VerticleStats> stats) {
      this.name = name;
      this.kind = kind;
      this.context = context;
      this.stats = stats;
    }
  }

  /**
   * Adds a verticle. Call this when it starts, on any thread.
   *
   * @param stats returns its statistics; called on the verticle's event loop
   */
  public synchronized void register(String kind, Context context, Supplier<VerticleStats> stats) {
    long before = members.stream().filter(member -> member.kind.equals(kind)).count();
    members.add(new Member(kind + "-" + before, kind, context, stats));
  }

  /**
   * Collects the statistics.
   *
   * @param collector the context on which {@code callback} is called, within {@link
   *     #ANSWER_WITHIN_MS}
   * @param callback gets the result
   */
  public void collect(Context collector, Consumer<Reading> callback) {
    new Round(collector, callback).begin();
  }

  private final class Round {
    private final Context collector;
    private final Consumer<Reading> callback;
    private final List<Member> silent = new ArrayList<>(members);
    private long timer;

    Round(Context collector, Consumer<Reading> callback) {
      this.collector = collector;
      this.callback = callback;
    }

    void begin() {
      timer = collector.owner().setTimer(ANSWER_WITHIN_MS, id -> callback.accept(reading()));
      members.forEach(this::ask);
    }

    private void ask(Member member) {
      try {
        member.context.runOnContext(
            there -> {
              VerticleStats stats = member.stats.get();
              collector.runOnContext(here -> received(member, stats));
            });
      } catch (RejectedExecutionException ended) {
        // The proxy is stopping. Its event loops end before the admin port's.
      }
    }

    private void received(Member member, VerticleStats stats) {
      member.latest = stats;
      if (silent.remove(member) && silent.isEmpty() && collector.owner().cancelTimer(timer)) {
        callback.accept(reading());
      }
    }

    private Reading reading() {
      Reading reading = new Reading(silent.stream().map(member -> member.name).toList());
      for (Member member : members) {
        if (member.latest != null) {
          reading.add(member.kind, member.latest);
        }
      }
      return reading;
    }
  }
}
