package redisproxy.cacheverticle;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Entry;
import redisproxy.cache.Kept;
import redisproxy.cache.Key;
import redisproxy.log.LogKey;
import redisproxy.snapshot.SnapshotReader;
import redisproxy.snapshot.SnapshotWriter;

/**
 * Writes the keys of the cache to a snapshot when the proxy stops. Loads these keys after the next
 * start, while the proxy already serves clients. Nothing else depends on its success. Belongs to
 * the cache verticle's event loop; worker threads read and write the file.
 */
final class WarmStart {
  private static final Logger LOG = LoggerFactory.getLogger(WarmStart.class);

  /** The most loads that are in flight at a time. */
  private static final int LOADS = 64;

  /** How many keys are read or written at a time. */
  private static final int SLICE = 4096;

  /** How long to wait before trying again when a load cannot start, in milliseconds. */
  private static final long PAUSE_MS = 200;

  private static final long REPORT_EVERY_MS = 5_000;

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final Context context;
  private final Path file;
  private final Predicate<Key> load;
  private final ArrayDeque<Key> waiting = new ArrayDeque<>();

  /** Null if no file is open. Belongs to the worker tasks, which run one after the other. */
  private @Nullable SnapshotReader reader;

  private boolean hasMore;

  private long total;
  private long done;
  private int inFlight;
  private boolean reading;
  private boolean paused;
  private boolean scheduled;
  private boolean isComplete;
  private boolean ended;

  /** Reports the progress. Vert.x numbers timers from 0. */
  private long progress = NO_TIMER;

  /**
   * Prepares a warm start. {@link #begin} starts it.
   *
   * @param load starts a load, or returns false if it cannot start now; the caller reports its end
   *     to {@link #loaded}
   */
  WarmStart(Vertx vertx, Context context, Path file, Predicate<Key> load) {
    this.vertx = vertx;
    this.context = context;
    this.file = file;
    this.load = load;
  }

  /** Begins to load the most recently used keys, as many as the cache can hold. */
  void begin(int capacity) {
    context
        .executeBlocking(() -> open(capacity))
        .onComplete(
            keys -> {
              if (!ended) {
                total = keys;
                hasMore = true;
                progress = vertx.setPeriodic(REPORT_EVERY_MS, timer -> report("warm start"));
                step();
              }
            },
            this::refused);
  }

  /** Checks the whole file before any of its keys is loaded. Returns how many keys to load. */
  private long open(int capacity) throws IOException {
    long count = SnapshotReader.count(file);
    SnapshotReader opened = new SnapshotReader(file);
    reader = opened;
    try {
      for (long i = capacity; i < count; i++) {
        opened.next();
      }
    } catch (IOException e) {
      close();
      throw e;
    }
    return Math.min(count, capacity);
  }

  private @Nullable Void close() throws IOException {
    if (reader != null) {
      reader.close();
      reader = null;
    }
    return null;
  }

  private void refused(Throwable reason) {
    isComplete = true;
    if (!(reason instanceof NoSuchFileException)) {
      warn(reason, "the snapshot cannot be used, the cache starts empty");
    }
  }

  private void step() {
    if (ended) {
      return;
    }
    while (inFlight < LOADS && !waiting.isEmpty()) {
      inFlight++;
      if (!load.test(waiting.peek())) {
        inFlight--;
        pause();
        return;
      }
      waiting.remove();
    }
    if (waiting.isEmpty() && hasMore) {
      read();
    } else if (waiting.isEmpty() && inFlight == 0 && !isComplete) {
      isComplete = true;
      vertx.cancelTimer(progress);
      report("warm start has ended");
    }
  }

  private void pause() {
    if (!paused) {
      paused = true;
      vertx.setTimer(
          PAUSE_MS,
          timer -> {
            paused = false;
            step();
          });
    }
  }

  private void read() {
    if (!reading) {
      reading = true;
      context
          .executeBlocking(this::slice)
          .onComplete(
              keys -> {
                reading = false;
                waiting.addAll(keys);
                hasMore = keys.size() == SLICE;
                step();
              },
              reason -> {
                reading = false;
                hasMore = false;
                warn(reason, "the rest of the snapshot cannot be read");
                step();
              });
    }
  }

  /** Reads the next keys. Closes the file after the last one, and if it cannot be read. */
  private List<Key> slice() throws IOException {
    SnapshotReader from = Objects.requireNonNull(reader);
    List<Key> keys = new ArrayList<>();
    try {
      for (Key key = from.next(); key != null; key = from.next()) {
        keys.add(key);
        if (keys.size() == SLICE) {
          return keys;
        }
      }
    } catch (IOException e) {
      close();
      throw e;
    }
    close();
    return keys;
  }

  /** Reports that a load has ended, whether it succeeded or not. */
  void loaded() {
    inFlight--;
    done++;
    if (!scheduled) {
      scheduled = true;
      context.runOnContext(
          turn -> {
            scheduled = false;
            step();
          });
    }
  }

  private void report(String message) {
    LOG.atInfo().addKeyValue(LogKey.KEYS, done).addKeyValue(LogKey.OF, total).log(message);
  }

  private void warn(Throwable reason, String message) {
    LOG.atWarn()
        .addKeyValue(LogKey.FILE, file)
        .addKeyValue(LogKey.REASON, reason.getMessage())
        .log(message);
  }

  /**
   * Writes the snapshot: the keys whose values the cache holds. Keeps the old snapshot if not all
   * of its keys are loaded yet. The future never fails.
   *
   * @param oldestFirst the entries; they must not change until the future completes
   */
  Future<Void> end(Iterator<Kept> oldestFirst, long now) {
    ended = true;
    vertx.cancelTimer(progress);
    if (!isComplete) {
      context.executeBlocking(this::close);
      LOG.atInfo()
          .addKeyValue(LogKey.FILE, file)
          .log("the old snapshot is kept because not all of its keys were loaded");
      return Future.succeededFuture();
    }
    Promise<Void> written = Promise.promise();
    total = 0;
    vertx
        .executeBlocking(() -> new SnapshotWriter(file))
        .onComplete(writer -> write(writer, oldestFirst, now, written), written::fail);
    return written
        .future()
        .recover(
            reason -> {
              warn(reason, "the snapshot cannot be written");
              return Future.succeededFuture();
            });
  }

  private void write(
      SnapshotWriter writer, Iterator<Kept> oldestFirst, long now, Promise<Void> written) {
    List<Key> slice = new ArrayList<>();
    for (int i = 0; i < SLICE && oldestFirst.hasNext(); i++) {
      Entry entry = oldestFirst.next().value(now);
      if (entry != null && !entry.isMissing()) {
        slice.add(entry.key());
      }
    }
    boolean isLast = !oldestFirst.hasNext();
    total += slice.size();
    vertx
        .executeBlocking(() -> add(writer, slice, isLast))
        .onComplete(
            added -> {
              if (isLast) {
                LOG.atInfo().addKeyValue(LogKey.KEYS, total).log("snapshot written");
                written.complete();
              } else {
                write(writer, oldestFirst, now, written);
              }
            },
            written::fail);
  }

  private static Void add(SnapshotWriter writer, List<Key> keys, boolean isLast)
      throws IOException {
    try {
      for (Key key : keys) {
        writer.add(key);
      }
      if (isLast) {
        writer.finish();
      }
      return null;
    } catch (IOException e) {
      writer.close();
      throw e;
    }
  }
}
