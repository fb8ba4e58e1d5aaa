package redisproxy.command;

import java.util.HashMap;
import java.util.Map;

/** How many channels a session is subscribed to, as Redis confirms them. */
final class Subscriptions {
  private final Map<String, Long> counts = new HashMap<>();

  /** What Redis counts together: channels and patterns, and apart from them sharded channels. */
  private long common;

  boolean any() {
    return common + counts.getOrDefault("ssubscribe", 0L) > 0;
  }

  /**
   * How many confirmations a request of the unsubscribe family without arguments gets: one for
   * each, one at least.
   */
  int confirmationsOfAll(String command) {
    return (int) Math.max(1, counts.getOrDefault(base(command), 0L));
  }

  /** One confirmation; Redis says how many are left. */
  void confirmed(String command, long left) {
    if (base(command).equals("ssubscribe")) {
      counts.put("ssubscribe", left);
    } else {
      counts.merge(base(command), left - common, Long::sum);
      common = left;
    }
  }

  /** All are ended. */
  void clear() {
    counts.clear();
    common = 0;
  }

  private static String base(String command) {
    return command.replace("unsubscribe", "subscribe");
  }
}
