package redisproxy.config;

import io.vertx.config.ConfigRetriever;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Reads the settings again, whenever their file has changed and when it is told to. Belongs to the
 * event loop it was made on.
 */
public final class Watch {
  private static final long SCAN_EVERY_MS = 2_000;

  /**
   * A file has to stay as it is for so long, in milliseconds: one that is still being written may
   * be valid, and would set what is not in it yet to the defaults.
   */
  private static final long SETTLED_AFTER_MS = 300;

  private final Vertx vertx;
  private final Path file;
  private final Consumer<Future<Loaded>> changed;
  private final ConfigRetriever retriever;
  private boolean settling;

  /**
   * Begins to watch.
   *
   * @param changed is told what is in the file now, or why it cannot be used
   */
  public Watch(Vertx vertx, Path file, Consumer<Future<Loaded>> changed) {
    this.vertx = vertx;
    this.file = file;
    this.changed = changed;
    this.retriever = Configuration.scanning(vertx, file, SCAN_EVERY_MS);
    retriever.listen(change -> settle(change.getNewConfiguration()));
  }

  private void settle(JsonObject seen) {
    if (!settling) {
      settling = true;
      vertx.setTimer(
          SETTLED_AFTER_MS,
          timer ->
              retriever
                  .getConfig()
                  .onComplete(
                      now -> {
                        settling = false;
                        if (seen.equals(now)) {
                          changed.accept(parse(now));
                        } else {
                          settle(now);
                        }
                      },
                      failure -> settling = false));
    }
  }

  /** Reads them now. */
  public Future<Loaded> read() {
    return retriever.getConfig().compose(this::parse);
  }

  private Future<Loaded> parse(JsonObject found) {
    return vertx.executeBlocking(() -> Configuration.loaded(found, file, new Faults()), true);
  }

  public Future<Void> close() {
    return retriever.close();
  }
}
