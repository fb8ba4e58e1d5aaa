package redisproxy.admission;

import redisproxy.config.Limits;

/** The current limits of all servers. They can be changed while the proxy runs. */
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
   * Changes the limits, from any thread. Each protocol uses its new rate from the next request on.
   * Tokens that clients have used stay used.
   */
  public void set(Limits limits) {
    http.set(limits.http());
    resp.set(limits.resp());
    admin.set(limits.admin());
    failedLoginDelayMs = limits.failedLoginDelay().toMillis();
  }

  /** The delay of the answer to a first failed log-in, in milliseconds; 0 = no delay. */
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
