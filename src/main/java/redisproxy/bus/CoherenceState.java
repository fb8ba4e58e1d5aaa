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
 * @param reason why it is not tracking; empty when it is, or need not be
 * @param trust how far what is kept is believed
 * @param fences asked for since the start
 * @param fenceMs how long they took, together, in milliseconds
 * @param feed what the feed has done; null where there is none
 * @param sinceToldMs how long ago it told anything, in milliseconds; -1 = never
 */
public record CoherenceState(
    String state,
    String reason,
    Trust trust,
    long fences,
    long fenceMs,
    Feed.@Nullable Stats feed,
    long sinceToldMs) {
  /** Redis tells what is written; it does not, or is not to; it did and no longer does. */
  public static final List<String> STATES = List.of("tracking", "expiry", "lost");

  public String trustName() {
    return trust.name().toLowerCase(Locale.ROOT);
  }
}
