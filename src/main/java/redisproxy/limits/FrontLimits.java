package redisproxy.limits;

import java.util.function.LongSupplier;

/** What holds for the clients of one instance of a front; on its event loop. */
public record FrontLimits(RateLimit rate, FailedLogins failedLogins) {
  private static final LongSupplier MILLIS = () -> System.nanoTime() / 1_000_000;

  /**
   * Those of one of so many instances.
   *
   * @param rate that of its protocol
   */
  public static FrontLimits of(LiveLimits live, LiveRate rate, int instances) {
    return new FrontLimits(
        new RateLimit(rate, instances, System::nanoTime),
        new FailedLogins(live::failedLoginDelayMs, MILLIS));
  }
}
