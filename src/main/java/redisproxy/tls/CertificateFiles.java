package redisproxy.tls;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.config.Tls;

/**
 * The certificates of all servers and of the connections to Redis. One thread reloads their files.
 */
public final class CertificateFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);

  /** The longest delay before a new certificate is read, in milliseconds. */
  private static final long PERIOD_MS = 2_000;

  private final Certificates http;
  private final Certificates resp;
  private final Certificates admin;
  private final ToRedis redis;
  private @Nullable ScheduledExecutorService thread;

  /**
   * Reads the files, which blocks.
   *
   * @throws IllegalArgumentException if a setting is wrong; the message names it and says why
   */
  public CertificateFiles(Settings settings) {
    Tls tls = settings.tls();
    redis = new ToRedis(settings.redis());
    http = new Certificates("http", tls.http());
    resp = new Certificates("resp", tls.resp());
    admin = new Certificates("admin", tls.admin());
    if (tls.http().isOn() || tls.resp().isOn() || tls.admin().isOn() || redis.hasFiles()) {
      watch();
    }
  }

  private void watch() {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "certificates");
              thread.setDaemon(true);
              return thread;
            });
    thread.scheduleWithFixedDelay(this::reload, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  /** Catches everything, because the executor would never again run a task that threw. */
  void reload() {
    for (Runnable files :
        List.<Runnable>of(http::reload, resp::reload, admin::reload, redis::reload)) {
      try {
        files.run();
      } catch (Throwable fault) {
        LOG.error("certificates were not reloaded because of a fault of the proxy", fault);
      }
    }
  }

  public Certificates http() {
    return http;
  }

  public Certificates resp() {
    return resp;
  }

  public Certificates admin() {
    return admin;
  }

  public ToRedis redis() {
    return redis;
  }

  /** Stops reloading. */
  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
  }
}
