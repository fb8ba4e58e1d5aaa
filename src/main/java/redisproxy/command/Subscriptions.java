package redisproxy.command;

import java.util.HashMap;
import java.util.Map;

/** Counts the channels that a session is subscribed to, from Redis's confirmations. */
final class Subscriptions {
  private final Map<String, Long> counts = new HashMap<>();

  /**
   * Channels and patterns together, as Redis counts them. It counts sharded channels separately.
   */
  private long common;

  boolean any() {
    return common + counts.getOrDefault("ssubscribe", 0L) > 0;
  }

  /**
   * How many confirmations a request of the unsubscribe family without arguments gets: one for each
   * subscription of its kind, and at least one.
   */
  int confirmationsOfAll(String command) {
    return (int) Math.max(1, counts.getOrDefault(base(command), 0L));
  }

  /** Handles one confirmation, which says how many subscriptions are left. */
  void confirmed(String command, long left) {
    if (base(command).equals("ssubscribe")) {
      counts.put("ssubscribe", left);
    } else {
      counts.merge(base(command), left - common, Long::sum);
      common = left;
    }
  }

  /** Ends all subscriptions. */
  void clear() {
    counts.clear();
    common = 0;
  }

  private static String base(String command) {
    return command.replace("unsubscribe", "subscribe");
  }
}
