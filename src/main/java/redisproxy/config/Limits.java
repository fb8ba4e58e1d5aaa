package redisproxy.config;

import java.time.Duration;
import java.util.Objects;

/**
 * How many requests a second are answered, on each port.
 *
 * @param failedLoginDelay how long the answer to the first failed log-in is delayed; zero = no
 *     failed log-in is delayed
 */
public record Limits(Rate http, Rate resp, Rate admin, Duration failedLoginDelay) {
  public Limits {
    Objects.requireNonNull(http, "http");
    Objects.requireNonNull(resp, "resp");
    Objects.requireNonNull(admin, "admin");
    SettingsTable.LIMITS.failedLoginDelay().require(failedLoginDelay);
  }

  /**
   * A rate, in requests a second; 0 = no limit. The requests of one second may come at once.
   *
   * @param perClient for each address
   * @param global for all clients together
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
