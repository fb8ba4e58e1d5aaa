package redisproxy;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.admission.Clients;
import redisproxy.admission.LiveLimits;
import redisproxy.bus.Bus;
import redisproxy.config.ConfigurationException;
import redisproxy.config.Loaded;
import redisproxy.config.Settings;
import redisproxy.config.Watch;
import redisproxy.log.LogKey;
import redisproxy.log.Logging;

/**
 * Applies changed settings while the proxy runs, when their file is edited or on SIGHUP. An edit
 * applies as a whole. If any part of it is wrong or needs a restart, nothing changes.
 */
final class Reload extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

  private final Path file;
  private final SighupHandler sighup;
  private final Clients clients;
  private final LiveLimits limits;
  private Loaded running;
  private Watch watch;

  /**
   * Creates the verticle; the caller deploys it.
   *
   * @param running the settings that the proxy was started with
   */
  Reload(Path file, Loaded running, SighupHandler sighup, Clients clients, LiveLimits limits) {
    this.file = file;
    this.running = running;
    this.sighup = sighup;
    this.clients = clients;
    this.limits = limits;
  }

  @Override
  public Future<?> start() {
    watch = new Watch(vertx, file, read -> read.onComplete(this::apply));
    sighup.handle(() -> context.runOnContext(turn -> watch.read().onComplete(this::onSighup)));
    return Future.succeededFuture();
  }

  private void onSighup(AsyncResult<Loaded> read) {
    if (!apply(read)) {
      LOG.info("settings read again, none has changed");
    }
  }

  /** Returns false when no setting differs. */
  private boolean apply(AsyncResult<Loaded> read) {
    if (read.failed()) {
      refuse(read.cause());
      return true;
    }
    try {
      List<String> changes = read.result().changesSince(running);
      if (!changes.isEmpty()) {
        change(running.settings(), read.result().settings());
        running = read.result();
        LOG.atInfo()
            .addKeyValue(LogKey.SETTINGS, String.join(",", changes))
            .log("settings have changed");
      }
      return !changes.isEmpty();
    } catch (ConfigurationException needsRestart) {
      refuse(needsRestart);
      return true;
    }
  }

  private static void refuse(Throwable reason) {
    LOG.atWarn()
        .addKeyValue(LogKey.REASON, String.valueOf(reason.getMessage()).replace("\n", "; "))
        .log("settings not changed, the old ones still apply");
  }

  private void change(Settings before, Settings now) {
    clients.limit(now);
    limits.set(now.limits());
    // Otherwise keep the level that may have been set over the admin port.
    if (now.log().level() != before.log().level()) {
      Logging.level(now.log().level());
    }
    vertx.eventBus().publish(Bus.SETTINGS, now, Bus.BY_REFERENCE);
  }

  @Override
  public Future<?> stop() {
    return watch.close();
  }
}
