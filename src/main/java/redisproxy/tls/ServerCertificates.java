package redisproxy.tls;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Tls;

/** The certificates of all servers, and the thread that looks after their files. */
public final class ServerCertificates implements AutoCloseable {
  /** The longest that a new certificate waits to be seen, in milliseconds. */
  private static final long PERIOD_MS = 2_000;

  private final Certificates http;
  private final Certificates resp;
  private final Certificates admin;
  private @Nullable ScheduledExecutorService thread;

  /**
   * Reads the files, which blocks.
   *
   * @throws IllegalArgumentException that says which setting is wrong, and why
   */
  public ServerCertificates(Tls tls) {
    http = new Certificates("http", tls.http());
    resp = new Certificates("resp", tls.resp());
    admin = new Certificates("admin", tls.admin());
    if (tls.http().isOn() || tls.resp().isOn() || tls.admin().isOn()) {
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

  private void look() {
    List.of(http, resp, admin).forEach(Certificates::look);
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

  /** Looks no more. */
  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
  }
}
