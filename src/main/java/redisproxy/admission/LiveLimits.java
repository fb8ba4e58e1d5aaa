package redisproxy.admission;

import redisproxy.config.Limits;

/** The limits that hold now, of all fronts: they can be changed while the proxy runs. */
public final class LiveLimits {
  private final LiveRate http;
  private final LiveRate resp;
  private final LiveRate admin;
  private volatile long failedLoginDelayMs;

  public LiveLimits(Limits limits) {
    http = new LiveRate(limits.http());
    resp = new LiveRate(limits.resp());
    admin = new LiveRate(limits.admin());
    failedLoginDelayMs = limits.failedLoginDelay().toMillis();
  }

  /**
   * Changes them, from any thread: for each protocol at once, from the next request on. What
   * clients have used up stays used.
   */
  public void set(Limits limits) {
    http.set(limits.http());
    resp.set(limits.resp());
    admin.set(limits.admin());
    failedLoginDelayMs = limits.failedLoginDelay().toMillis();
  }

  /** How long the answer to a first failed log-in waits, in milliseconds; 0 = not. */
  long failedLoginDelayMs() {
    return failedLoginDelayMs;
  }

  public LiveRate http() {
    return http;
  }

  public LiveRate resp() {
    return resp;
  }

  public LiveRate admin() {
    return admin;
  }
}
