package redisproxy.limits;

/** What holds for the clients of one instance of a front; on its event loop. */
public record FrontLimits(RateLimit rate, FailedLogins failedLogins) {
  /** Those of one of so many instances. */
  public static FrontLimits of(LiveRate rate, int instances) {
    return new FrontLimits(
        new RateLimit(rate, instances, System::nanoTime), new FailedLogins(FrontLimits::millis));
  }

  private static long millis() {
    return System.nanoTime() / 1_000_000;
  }
}
