package redisproxy.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

  /** Reads of several keys that wait for this one; null if there are none. */
  @Nullable List<MultiKeyReads.Request<W>> requests;

  /** What is read of the key; null for GET. */
  private final @Nullable Read read;

  /** Another read of the key was loaded at the same time. */
  boolean hadCompany;

  /** It reads several keys at once, for one waiter. It is not kept. */
  boolean isWhole;

  /** An earlier load of some of its waiters was overtaken. */
  boolean isRepeated;

  /** The next current load of the same key, or null. */
  @Nullable Load<W> next;

  Load(Key key, @Nullable Read read, long sentAt) {
    this.key = key;
    this.read = read;
    this.sentAt = sentAt;
  }

  void add(MultiKeyReads.Request<W> request) {
    if (requests == null) {
      requests = new ArrayList<>(2);
    }
    requests.add(request);
  }

  /** Whether nothing waits for its answer. */
  boolean isUnawaited() {
    return waiters.isEmpty() && requests == null;
  }

  /** Adds all that wait for another load. */
  void addAll(Load<W> other) {
    waiters.addAll(other.waiters);
    if (other.requests != null) {
      other.requests.forEach(this::add);
    }
  }

  /** The first waiter, or null if no one waits for this key alone. */
  public @Nullable W first() {
    return waiters.isEmpty() ? null : waiters.get(0);
  }

  public Key key() {
    return key;
  }

  /** What is read of the key; null for GET. */
  public @Nullable Read read() {
    return read;
  }

  boolean reads(@Nullable Read other) {
    return Objects.equals(read, other);
  }

  /**
   * When the load was sent, in milliseconds of the cache's clock. An entry's age and expiry count
   * from this time.
   */
  public long sentAt() {
    return sentAt;
  }
}
