package redisproxy.bus;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Trust;
import redisproxy.upstream.feed.Feed;

/**
 * How the cache is kept as fresh as Redis.
 *
 * @param state one of {@link #STATES}
 * @param reason why the state is not tracking; empty if it is tracking, or if the settings turn
 *     tracking off
 * @param trust how far the entries can be trusted
 * @param fences how many fences were requested since the start
 * @param fenceMs how long all fences together took, in milliseconds
 * @param feed statistics of the feed; null if there is no feed
 * @param sinceToldMs how long ago the feed last reported anything, in milliseconds; -1 if never
 */
public record CoherenceState(
    String state,
    String reason,
    Trust trust,
    long fences,
    long fenceMs,
    Feed.@Nullable Stats feed,
    long sinceToldMs) {
  /**
   * The states. Tracking: Redis reports all writes. Expiry: Redis does not report writes, or is not
   * asked to, so only the expiry bounds how old an entry gets. Lost: the feed is not established.
   */
  public static final List<String> STATES = List.of("tracking", "expiry", "lost");

  public String trustName() {
    return trust.name().toLowerCase(Locale.ROOT);
  }
}
