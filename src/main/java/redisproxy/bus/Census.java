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
 * Asks every verticle how it is doing, each on its own event loop. Whoever takes it has an event
 * loop that none of them is on, so that one which is stuck is found out and not waited for.
 */
public final class Census {
  public static final String CACHE = "cache";
  public static final String RESP = "resp";
  public static final String HTTP = "http";

  /** An event loop that does not answer within this is stuck, in milliseconds. */
  private static final long ANSWER_WITHIN_MS = 1_000;

  private final List<Member> members = new CopyOnWriteArrayList<>();

  /**
   * What one verticle tells: copies, which nobody changes any more.
   *
   * @param cache of the cache verticle; else null
   */
  public record Share(
      Tally tally, Connections connections, Histogram loopDelay, Bus.@Nullable Report cache) {}

  /** A verticle; what changes of it belongs to whoever takes the census. */
  private static final class Member {
    final String name;
    final String kind;
    final Context context;
    final Supplier<Share> share;

    /** What it told last, or null: counts of who is stuck must not be missing from their sums. */
    @Nullable Share told;

    Member(String name, String kind, Context context, Supplier<Share> share) {
      this.name = name;
      this.kind = kind;
      this.context = context;
      this.share = share;
    }
  }

  /**
   * Adds a verticle; to be called when it starts, from wherever.
   *
   * @param share is called on the verticle's event loop
   */
  public synchronized void join(String kind, Context context, Supplier<Share> share) {
    long before = members.stream().filter(member -> member.kind.equals(kind)).count();
    members.add(new Member(kind + "-" + before, kind, context, share));
  }

  /**
   * Takes a census.
   *
   * @param taker is told on this context, within {@link #ANSWER_WITHIN_MS}
   */
  public void take(Context taker, Consumer<Reading> told) {
    new Round(taker, told).begin();
  }

  private final class Round {
    private final Context taker;
    private final Consumer<Reading> told;
    private final List<Member> silent = new ArrayList<>(members);
    private long timer;

    Round(Context taker, Consumer<Reading> told) {
      this.taker = taker;
      this.told = told;
    }

    void begin() {
      timer = taker.owner().setTimer(ANSWER_WITHIN_MS, id -> told.accept(reading()));
      members.forEach(this::ask);
    }

    private void ask(Member member) {
      try {
        member.context.runOnContext(
            there -> {
              Share share = member.share.get();
              taker.runOnContext(here -> came(member, share));
            });
      } catch (RejectedExecutionException ended) {
        // The proxy is being stopped: its event loops end before the admin port's.
      }
    }

    private void came(Member member, Share share) {
      member.told = share;
      if (silent.remove(member) && silent.isEmpty() && taker.owner().cancelTimer(timer)) {
        told.accept(reading());
      }
    }

    private Reading reading() {
      Reading reading = new Reading(silent.stream().map(member -> member.name).toList());
      for (Member member : members) {
        if (member.told != null) {
          reading.add(member.kind, member.told);
        }
      }
      return reading;
    }
  }
}
