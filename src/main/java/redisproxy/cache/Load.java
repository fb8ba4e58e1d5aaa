package redisproxy.cache;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One question put to Redis, and everyone who waits for its answer. The object's identity is the
 * load's: a later load of the same key is another.
 *
 * @param <W> who waits
 */
public final class Load<W> {
  private final Key key;
  private final long sentAt;
  final List<W> waiters = new ArrayList<>(2);

  Load(Key key, long sentAt) {
    this.key = key;
    this.sentAt = sentAt;
  }

  /** Who waits for it since it began, or null. */
  public @Nullable W first() {
    return waiters.isEmpty() ? null : waiters.get(0);
  }

  public Key key() {
    return key;
  }

  /**
   * When it was sent, in milliseconds of the cache's clock; an entry's age and expiry count from
   * here.
   */
  public long sentAt() {
    return sentAt;
  }
}
