package redisproxy.config;

import java.util.Objects;

/** How many requests a second are answered, over each protocol. */
public record Limits(Rate http, Rate resp, Rate admin) {
  public Limits {
    Objects.requireNonNull(http, "http");
    Objects.requireNonNull(resp, "resp");
    Objects.requireNonNull(admin, "admin");
  }

  /**
   * A rate, in requests a second; 0 = as many as come. A second's worth may come at once.
   *
   * @param perClient of each address
   * @param global of all together
   */
  public record Rate(int perClient, int global) {
    public Rate {
      SettingsTable.LIMITS_HTTP_PER_CLIENT.require(perClient);
      SettingsTable.LIMITS_HTTP_GLOBAL.require(global);
    }

    /** Whether there is no limit. */
    public boolean isOff() {
      return perClient == 0 && global == 0;
    }
  }
}
