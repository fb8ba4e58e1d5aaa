package redisproxy.upstream.load;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pipelines of the databases that are not the configured one: opened by the first load, closed
 * when unused, and so many at most. Belongs to the cache verticle's event loop.
 *
 * @param <W> who waits for a load
 */
final class OtherPipelines<W> {
  private static final int MOST = 15;

  /** One that nobody has read from for so many milliseconds is disconnected. */
  private static final long IDLE_MS = 60_000;

  private final IntFunction<Pipeline<W>> open;

  /** By their database; the one used last comes last. */
  private final Map<Integer, Pipeline<W>> pipelines = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * None yet.
   *
   * @param open makes the pipeline of a database
   */
  OtherPipelines(IntFunction<Pipeline<W>> open) {
    this.open = open;
  }

  /** The pipeline of a database, or null when all there may be are busy. */
  @Nullable Pipeline<W> of(int db) {
    Pipeline<W> found = pipelines.get(db);
    if (found == null && (pipelines.size() < MOST || closeIdle())) {
      found = open.apply(db);
      pipelines.put(db, found);
    }
    return found;
  }

  /** Closes the one that has been idle longest; false when none is idle. */
  private boolean closeIdle() {
    Iterator<Pipeline<W>> oldestFirst = pipelines.values().iterator();
    while (oldestFirst.hasNext()) {
      Pipeline<W> oldest = oldestFirst.next();
      if (oldest.isIdle()) {
        oldestFirst.remove();
        oldest.stop();
        return true;
      }
    }
    return false;
  }

  /** Sees to deadlines, and closes those that are not used. */
  void check() {
    pipelines.values().forEach(Pipeline::checkDeadlines);
    pipelines
        .values()
        .removeIf(
            pipeline -> {
              boolean unused = pipeline.isIdleFor(IDLE_MS);
              if (unused) {
                pipeline.stop();
              }
              return unused;
            });
  }

  /**
   * The configured database has been lost or found. Behind its name may be another server now than
   * the links here have reached: values of one would be kept while another tells what is written.
   */
  void renew() {
    pipelines
        .values()
        .forEach(pipeline -> pipeline.link().renew("it goes with that of the configured database"));
  }

  /** Redis lets the proxy in after all. */
  void admitted() {
    pipelines.values().forEach(pipeline -> pipeline.link().admitted());
  }

  /** How many have a connection. */
  long connected() {
    return pipelines.values().stream().filter(each -> each.link().connection() != null).count();
  }

  Future<Void> stop() {
    List<Future<Void>> closed = new ArrayList<>();
    pipelines.values().forEach(pipeline -> closed.add(pipeline.stop()));
    return Future.join(closed).mapEmpty();
  }
}
