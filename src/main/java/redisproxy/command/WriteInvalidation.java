package redisproxy.command;

import java.util.function.Consumer;

/**
 * Invalidates what a request wrote before its reply is passed on. So a client that has seen the
 * reply never reads an older value from the cache. Every reply of Redis passes here, whatever
 * connection it comes over.
 *
 * <pre>
 *   the request wrote          then
 *   certain keys, or all       they are invalidated, and the reply is passed on
 *   keys only Redis knows      the reply is held until a fence is back: by then the feed has told them
 *   who may log in             what is known of that is forgotten, and the reply is held until Redis
 *                              was asked
 * </pre>
 *
 * <p>Belongs to one event loop.
 */
public final class WriteInvalidation {
  /**
   * What the replies that are held wait for.
   *
   * @param unknown a fence: something may have written keys that only Redis knows
   * @param access Redis is asked who may log in
   */
  public record Held(boolean unknown, boolean access) {}

  private static final Held NOTHING_HELD = new Held(false, false);

  private final Consumer<Writes> invalidate;

  /** What was added and is not invalidated yet. */
  private Writes.Sum added = new Writes.Sum();

  private Held held = NOTHING_HELD;

  /**
   * That of one connection.
   *
   * @param invalidate drops entries from the cache: no lookup made after it finds them
   */
  public WriteInvalidation(Consumer<Writes> invalidate) {
    this.invalidate = invalidate;
  }

  /**
   * Adds what a request wrote. {@link #flush} invalidates it, in as few messages as keep each key
   * told apart: a request that names its keys waits for no fence.
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

  /** Invalidates all that was added. */
  public void flush() {
    Writes total = added.total();
    if (!total.isNothing()) {
      added = new Writes.Sum();
      invalidate.accept(total);
    }
  }

  /** Invalidates at once what a request wrote whose reply is held for nothing. */
  public void invalidate(Writes writes) {
    if (!writes.isNothing()) {
      invalidate.accept(writes);
    }
  }

  /**
   * Invalidates at once what a request wrote.
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

  /** What the replies that were held since the last call wait for. */
  public Held takeHeld() {
    Held now = held;
    held = NOTHING_HELD;
    return now;
  }
}
