package redisproxy.config;

import java.time.Duration;
import java.util.List;

/** The settings that limit how often clients may send requests. */
record LimitRows(
    Setting<Integer> httpPerClient,
    Setting<Integer> httpGlobal,
    Setting<Integer> respPerClient,
    Setting<Integer> respGlobal,
    Setting<Integer> adminPerClient,
    Setting<Duration> failedLoginDelay) {
  private static final ValueType<Integer> RATE = ValueType.integer(0, 1_000_000_000);

  static LimitRows make() {
    return new LimitRows(
        rate(
            "limits.http-per-client", "0", "HTTP requests a second from one address; 0 = no limit"),
        rate("limits.http-global", "0", "HTTP requests a second from all clients; 0 = no limit"),
        rate(
            "limits.resp-per-client", "0", "RESP requests a second from one address; 0 = no limit"),
        rate("limits.resp-global", "0", "RESP requests a second from all clients; 0 = no limit"),
        rate(
            "limits.admin-per-client",
            "20",
            "admin requests a second from one address; 0 = no limit"),
        new Setting<>(
            "limits.failed-login-delay",
            ValueType.duration("0", "1s"),
            "50ms",
            "delay before the answer to a first wrong password; it doubles each time; 0 = none",
            false));
  }

  private static Setting<Integer> rate(String path, String defaultText, String description) {
    return new Setting<>(path, RATE, defaultText, description, false);
  }

  /** In the order of the manual. */
  List<Setting<?>> all() {
    return List.of(
        httpPerClient, httpGlobal, respPerClient, respGlobal, adminPerClient, failedLoginDelay);
  }
}
