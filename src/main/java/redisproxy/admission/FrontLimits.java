package redisproxy.admission;

/** What holds for the clients of one instance of a front; on its event loop. */
public record FrontLimits(RateLimit rate, FailedLogins failedLogins) {
  /**
   * Those of one of so many instances.
   *
   * @param rate that of its protocol
   */
  public static FrontLimits of(LiveLimits live, LiveRate rate, int instances) {
    return new FrontLimits(
        new RateLimit(rate, instances, System::nanoTime),
        new FailedLogins(live::failedLoginDelayMs, FrontLimits::millis));
  }

  private static long millis() {
    return System.nanoTime() / 1_000_000;
  }
}
