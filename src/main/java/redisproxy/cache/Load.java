package redisproxy.cache;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One load of a key from Redis, and all that wait for its answer. Loads are compared by identity: a
 * later load of the same key is another object.
 *
 * @param <W> a waiter
 */
public final class Load<W> {
  private final Key key;
  private final long sentAt;
  final List<W> waiters = new ArrayList<>(2);

  Load(Key key, long sentAt) {
    this.key = key;
    this.sentAt = sentAt;
  }

  /** The first waiter, or null if no one waits. */
  public @Nullable W first() {
    return waiters.isEmpty() ? null : waiters.get(0);
  }

  public Key key() {
    return key;
  }

  /**
   * When the load was sent, in milliseconds of the cache's clock. An entry's age and expiry count
   * from this time.
   */
  public long sentAt() {
    return sentAt;
  }
}
