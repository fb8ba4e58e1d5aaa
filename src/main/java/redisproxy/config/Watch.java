package redisproxy.config;

import io.vertx.config.ConfigRetriever;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Reads the settings again when their file has changed, and on request. Belongs to the event loop
 * it was created on.
 */
public final class Watch {
  private static final long SCAN_EVERY_MS = 2_000;

  /**
   * The file must stay unchanged for this many milliseconds. A file that is only half written may
   * be valid, and would reset the settings that it still lacks to their defaults.
   */
  private static final long SETTLED_AFTER_MS = 300;

  private final Vertx vertx;
  private final Path file;
  private final Consumer<Future<Loaded>> changed;
  private final ConfigRetriever retriever;
  private boolean settling;

  /**
   * Starts watching.
   *
   * @param changed receives the new settings, or why they cannot be used
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

  /** Reads the settings now. */
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
