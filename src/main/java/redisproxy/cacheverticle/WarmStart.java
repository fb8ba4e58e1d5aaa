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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.log.LogKey;
import redisproxy.snapshot.SnapshotReader;
import redisproxy.snapshot.SnapshotWriter;

/**
 * Has the keys loaded, while the proxy serves already, that the cache held when it was stopped
 * last, and writes them down when it stops. Whatever becomes of that, nothing else depends on it.
 * Belongs to the cache verticle's event loop; files are read and written elsewhere.
 */
final class WarmStart {
  private static final Logger LOG = LoggerFactory.getLogger(WarmStart.class);

  /** How many loads are in flight at most. */
  private static final int LOADS = 64;

  /** How many keys are read, or written, at a time. */
  private static final int SLICE = 4096;

  /** How long it waits when it is not the time to load, in milliseconds. */
  private static final long PAUSE_MS = 200;

  private static final long SAY_EVERY_MS = 5_000;

  private final Vertx vertx;
  private final Context context;
  private final Path file;
  private final Predicate<Key> load;
  private final ArrayDeque<Key> waiting = new ArrayDeque<>();

  /** Null when there is nothing more to read. */
  private @Nullable SnapshotReader reader;

  private long total;
  private long done;
  private int inFlight;
  private boolean reading;
  private boolean paused;
  private boolean scheduled;
  private boolean isComplete;
  private long progress;

  /**
   * One that has not begun.
   *
   * @param load starts a load, of which {@link #loaded} tells the end; false when it is not the
   *     time
   */
  WarmStart(Vertx vertx, Context context, Path file, Predicate<Key> load) {
    this.vertx = vertx;
    this.context = context;
    this.file = file;
    this.load = load;
  }

  /** Begins, with as many of the keys as the cache can hold, those used last. */
  void begin(int capacity) {
    vertx
        .executeBlocking(() -> open(capacity))
        .onComplete(
            keys -> {
              total = keys;
              progress = vertx.setPeriodic(SAY_EVERY_MS, timer -> say("warm start"));
              step();
            },
            this::refused);
  }

  /** All of the file is checked before a key of it is loaded. */
  private long open(int capacity) throws IOException {
    long count = SnapshotReader.count(file);
    reader = new SnapshotReader(file);
    for (long i = capacity; i < count; i++) {
      reader.next();
    }
    return Math.min(count, capacity);
  }

  private void refused(Throwable reason) {
    isComplete = true;
    if (!(reason instanceof NoSuchFileException)) {
      warn(reason, "the snapshot cannot be used, the cache starts empty");
    }
  }

  private void step() {
    while (inFlight < LOADS && !waiting.isEmpty()) {
      inFlight++;
      if (!load.test(waiting.peek())) {
        inFlight--;
        pause();
        return;
      }
      waiting.remove();
    }
    if (waiting.isEmpty() && reader != null) {
      read(reader);
    } else if (waiting.isEmpty() && inFlight == 0 && !isComplete) {
      isComplete = true;
      vertx.cancelTimer(progress);
      say("warm start has ended");
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

  private void read(SnapshotReader from) {
    if (!reading) {
      reading = true;
      vertx
          .executeBlocking(() -> slice(from))
          .onComplete(
              keys -> {
                reading = false;
                waiting.addAll(keys);
                reader = keys.size() < SLICE ? null : from;
                step();
              },
              damaged -> {
                reader = null;
                vertx.cancelTimer(progress);
                refused(damaged);
              });
    }
  }

  private static List<Key> slice(SnapshotReader reader) throws IOException {
    List<Key> keys = new ArrayList<>();
    for (Key key = reader.next(); key != null; key = reader.next()) {
      keys.add(key);
      if (keys.size() == SLICE) {
        return keys;
      }
    }
    reader.close();
    return keys;
  }

  /** One of its loads has ended, in whatever way. */
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

  private void say(String message) {
    LOG.atInfo().addKeyValue(LogKey.KEYS, done).addKeyValue(LogKey.OF, total).log(message);
  }

  private void warn(Throwable reason, String message) {
    LOG.atWarn()
        .addKeyValue(LogKey.FILE, file)
        .addKeyValue(LogKey.REASON, reason.getMessage())
        .log(message);
  }

  /**
   * Writes down the keys whose values are held, unless those of the last time are not all loaded
   * yet: then these stay. Never fails.
   *
   * @param oldestFirst must not change until this has ended
   */
  Future<Void> end(Iterator<Entry> oldestFirst, long now) {
    vertx.cancelTimer(progress);
    if (!isComplete) {
      LOG.atInfo().addKeyValue(LogKey.FILE, file).log("the snapshot is kept, not all was loaded");
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
      SnapshotWriter writer, Iterator<Entry> oldestFirst, long now, Promise<Void> written) {
    List<Key> slice = new ArrayList<>();
    for (int i = 0; i < SLICE && oldestFirst.hasNext(); i++) {
      Entry entry = oldestFirst.next();
      if (!entry.isMissing() && entry.expiresAt() > now) {
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
