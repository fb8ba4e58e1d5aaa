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
 * The pipelines of the databases that are not the configured one. Each is opened by the first load
 * and closed when unused; their number is limited. Belongs to the cache verticle's event loop.
 *
 * @param <W> what waits for a load
 */
final class OtherPipelines<W> {
  private static final int MAX_PIPELINES = 15;

  /** A pipeline without loads for this many milliseconds is closed. */
  private static final long IDLE_MS = 60_000;

  private final IntFunction<Pipeline<W>> open;

  /** By database, in order of use: the most recently used comes last. */
  private final Map<Integer, Pipeline<W>> pipelines = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Opens no pipeline yet.
   *
   * @param open makes the pipeline of a database
   */
  OtherPipelines(IntFunction<Pipeline<W>> open) {
    this.open = open;
  }

  /** The pipeline of a database; null if the limit is reached and all pipelines are busy. */
  @Nullable Pipeline<W> of(int db) {
    if (!pipelines.containsKey(db) && pipelines.size() == MAX_PIPELINES) {
      closeIdle();
    }
    return ofIfRoom(db);
  }

  /** The pipeline of a database; null if there is none and the limit is reached. */
  @Nullable Pipeline<W> ofIfRoom(int db) {
    Pipeline<W> found = pipelines.get(db);
    if (found == null && pipelines.size() < MAX_PIPELINES) {
      found = open.apply(db);
      pipelines.put(db, found);
    }
    return found;
  }

  /** Closes the idle pipeline that was used longest ago, if one is idle. */
  private void closeIdle() {
    Iterator<Pipeline<W>> oldestFirst = pipelines.values().iterator();
    while (oldestFirst.hasNext()) {
      Pipeline<W> oldest = oldestFirst.next();
      if (oldest.isIdle()) {
        oldestFirst.remove();
        oldest.stop();
        return;
      }
    }
  }

  /** Checks deadlines, and closes unused pipelines. */
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
   * The configured database's link was lost or made again. Its address may lead to another server
   * now than the links here have reached. The cache would then keep values of one server and get
   * invalidations from another.
   */
  void renew() {
    pipelines
        .values()
        .forEach(pipeline -> pipeline.link().renew("the configured database's link changed"));
  }

  /** Redis lets the proxy in again. */
  void admitted() {
    pipelines.values().forEach(pipeline -> pipeline.link().admitted());
  }

  /** How many pipelines have a connection. */
  long connected() {
    return pipelines.values().stream().filter(each -> each.link().connection() != null).count();
  }

  Future<Void> stop() {
    List<Future<Void>> closed = new ArrayList<>();
    pipelines.values().forEach(pipeline -> closed.add(pipeline.stop()));
    return Future.join(closed).mapEmpty();
  }
}
