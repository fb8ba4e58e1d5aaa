package redisproxy.config;

import java.time.Duration;
import java.util.Objects;

/**
 * How many requests a second are answered, over each protocol.
 *
 * @param failedLoginDelay how long the answer to the first failed log-in waits; zero = not, nor
 *     that to any other
 */
public record Limits(Rate http, Rate resp, Rate admin, Duration failedLoginDelay) {
  public Limits {
    Objects.requireNonNull(http, "http");
    Objects.requireNonNull(resp, "resp");
    Objects.requireNonNull(admin, "admin");
    SettingsTable.LIMITS.failedLoginDelay().require(failedLoginDelay);
  }

  /**
   * A rate, in requests a second; 0 = as many as come. A second's worth may come at once.
   *
   * @param perClient of each address
   * @param global of all together
   */
  public record Rate(int perClient, int global) {
    public Rate {
      SettingsTable.LIMITS.httpPerClient().require(perClient);
      SettingsTable.LIMITS.httpGlobal().require(global);
    }

    /** Whether there is no limit. */
    public boolean isOff() {
      return perClient == 0 && global == 0;
    }
  }
}
