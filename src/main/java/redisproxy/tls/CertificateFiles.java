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

/** The certificates of all servers and of who connects to Redis: one thread sees to their files. */
public final class CertificateFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);

  /** The longest that a new certificate waits to be seen, in milliseconds. */
  private static final long PERIOD_MS = 2_000;

  private final Certificates http;
  private final Certificates resp;
  private final Certificates admin;
  private final ToRedis redis;
  private @Nullable ScheduledExecutorService thread;

  /**
   * Reads the files, which blocks.
   *
   * @throws IllegalArgumentException that says which setting is wrong, and why
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
    thread.scheduleWithFixedDelay(this::look, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  /** Whatever goes wrong, there is a next time: a task that throws would not be run again. */
  void look() {
    for (Runnable files : List.<Runnable>of(http::look, resp::look, admin::look, redis::look)) {
      try {
        files.run();
      } catch (Throwable fault) {
        LOG.error("certificates are not read again because of a fault of the proxy", fault);
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

  /** Looks no more. */
  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
  }
}
