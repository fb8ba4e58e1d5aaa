package redisproxy.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import redisproxy.cache.CacheStats;

/** How often each command was looked up in the last minute. Belongs to one event loop. */
final class CommandRates {
  /** From how long ago on lookups count, if there is one reading each second. */
  static final int SECONDS = 60;

  /** The most commands that are reported. */
  static final int MOST = 12;

  /**
   * A reading.
   *
   * @param nanos when it was taken, by {@link System#nanoTime}
   */
  private record Taken(CacheStats cache, long nanos) {}

  private record Rate(String command, double hits, double misses) {
    double all() {
      return hits + misses;
    }

    JsonObject json() {
      return new JsonObject()
          .put("command", command)
          .put("hits", rounded(hits))
          .put("misses", rounded(misses));
    }

    private static double rounded(double rate) {
      return Math.rint(rate * 1000) / 1000;
    }
  }

  /** The readings of the last minute, the oldest first. */
  private final Deque<Taken> readings = new ArrayDeque<>();

  void add(CacheStats cache, long nanos) {
    readings.addLast(new Taken(cache, nanos));
    if (readings.size() > SECONDS + 1) {
      readings.removeFirst();
    }
  }

  /** The commands that were looked up, with hits and misses a second, the most frequent first. */
  JsonArray busiest() {
    List<Rate> rates = new ArrayList<>();
    if (readings.size() > 1) {
      Taken from = readings.getFirst();
      Taken to = readings.getLast();
      double seconds = (to.nanos - from.nanos) / 1e9;
      to.cache
          .commands()
          .forEach(
              (command, now) -> {
                CacheStats.Command before = from.cache.command(command);
                double hits = (now.hits() - before.hits()) / seconds;
                double misses = (now.misses() - before.misses()) / seconds;
                rates.add(new Rate(command, hits, misses));
              });
    }
    JsonArray busiest = new JsonArray();
    rates.stream()
        .filter(rate -> rate.all() > 0)
        .sorted(Comparator.comparingDouble(Rate::all).reversed().thenComparing(Rate::command))
        .limit(MOST)
        .forEach(rate -> busiest.add(rate.json()));
    return busiest;
  }
}
