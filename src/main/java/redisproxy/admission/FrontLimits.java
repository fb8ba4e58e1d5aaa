package redisproxy.admission;

/** The limits for the clients of one instance of a front. Belongs to its event loop. */
public record FrontLimits(RateLimit rate, FailedLogins failedLogins) {
  /**
   * Creates the limits of one instance.
   *
   * @param rate the rate of its protocol
   * @param instances how many instances the front has
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
