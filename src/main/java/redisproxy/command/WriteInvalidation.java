package redisproxy.command;

import java.util.function.Consumer;

/**
 * Invalidates what a request wrote before its reply is passed on. So a client that has seen the
 * reply never reads an older value from the cache. Every reply of Redis passes through here, from
 * shared and dedicated connections alike.
 *
 * <pre>
 *   the request changed        then
 *   known keys, or all keys    invalidate them, and pass the reply on
 *   keys only Redis knows      hold the reply until a fence is back; by then the feed has reported them
 *   who may log in             forget what is cached about log-ins, and hold the reply until Redis
 *                              has answered who may log in
 * </pre>
 *
 * <p>Belongs to one event loop.
 */
public final class WriteInvalidation {
  /**
   * What the held replies wait for.
   *
   * @param unknown they wait for a fence, because a request may have written keys that only Redis
   *     knows
   * @param access they wait until Redis has answered who may log in
   */
  public record Held(boolean unknown, boolean access) {}

  private static final Held NOTHING_HELD = new Held(false, false);

  private final Consumer<Writes> invalidate;

  /** Writes that were added and are not invalidated yet. */
  private Writes.Sum added = new Writes.Sum();

  private Held held = NOTHING_HELD;

  /**
   * Handles the writes of one connection.
   *
   * @param invalidate drops entries from the cache; no later lookup finds them
   */
  public WriteInvalidation(Consumer<Writes> invalidate) {
    this.invalidate = invalidate;
  }

  /**
   * Adds what a request wrote. {@link #flush} invalidates it. If the keys would become too many for
   * one message, this flushes the earlier ones first. So each message still names its keys, and a
   * request with known keys never waits for a fence.
   */
  public void add(Writes writes) {
    if (writes.isNothing()) {
      return;
    }
    if (!added.hasRoomFor(writes)) {
      flush();
    }
    added.add(writes);
  }

  /** Invalidates everything that was added. */
  public void flush() {
    Writes total = added.total();
    if (!total.isNothing()) {
      added = new Writes.Sum();
      invalidate.accept(total);
    }
  }

  /** Invalidates at once what a request wrote. Its reply is not held. */
  public void invalidate(Writes writes) {
    if (!writes.isNothing()) {
      invalidate.accept(writes);
    }
  }

  /**
   * Invalidates at once what a request wrote, except for keys that only Redis knows: the feed
   * reports those.
   *
   * @return whether to hold its reply; {@link #takeHeld} says what the reply waits for
   */
  public boolean holds(Writes writes) {
    boolean unknown = writes.areUnknown();
    boolean access = writes.access();
    if (unknown && access) {
      invalidate(Writes.ACCESS);
    } else if (!unknown) {
      invalidate(writes);
    }
    if (!unknown && !access) {
      return false;
    }
    held = new Held(held.unknown || unknown, held.access || access);
    return true;
  }

  /** Returns what the replies wait for that were held since the last call. */
  public Held takeHeld() {
    Held now = held;
    held = NOTHING_HELD;
    return now;
  }
}
