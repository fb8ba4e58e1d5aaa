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
 * Changes settings while the proxy runs, when their file is edited or on SIGHUP. An edit holds as a
 * whole or, when anything in it is wrong or needs a restart, not at all.
 */
final class Reload extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

  private final Path file;
  private final HangUp hangUp;
  private final Clients clients;
  private final LiveLimits limits;
  private Loaded running;
  private Watch watch;

  /**
   * The verticle, not yet deployed.
   *
   * @param running what the proxy was started with
   */
  Reload(Path file, Loaded running, HangUp hangUp, Clients clients, LiveLimits limits) {
    this.file = file;
    this.running = running;
    this.hangUp = hangUp;
    this.clients = clients;
    this.limits = limits;
  }

  @Override
  public Future<?> start() {
    watch = new Watch(vertx, file, read -> read.onComplete(this::apply));
    hangUp.handle(() -> context.runOnContext(turn -> watch.read().onComplete(this::hungUp)));
    return Future.succeededFuture();
  }

  private void hungUp(AsyncResult<Loaded> read) {
    if (!apply(read)) {
      LOG.info("settings read again, none has changed");
    }
  }

  /** False when there was nothing to change. */
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
        .log("settings have not changed, those before still hold");
  }

  private void change(Settings before, Settings now) {
    clients.limit(now);
    limits.set(now.limits());
    // Else it stays what it has been changed to over the admin port.
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
