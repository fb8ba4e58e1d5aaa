package redisproxy.front.resp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The outstanding replies of a client, in the order of its requests. A request takes the next
 * ticket. Its reply is filled in when it is known. Replies leave from the head. The queue is a ring
 * buffer that grows with the client's pipeline, up to a limit. Not thread-safe.
 */
public final class ReplyQueue {
  private final int limit;
  private @Nullable Object[] ring = new @Nullable Object[16];
  private int head;
  private int tail;

  /** A queue for at most this many replies, 1 or more. */
  public ReplyQueue(int limit) {
    this.limit = limit;
  }

  /** Whether all tickets are taken until a reply leaves. */
  public boolean isFull() {
    return tail - head >= limit;
  }

  public boolean isEmpty() {
    return head == tail;
  }

  /** How many replies are outstanding. */
  public int size() {
    return tail - head;
  }

  /** The ticket of the next request. Tickets go up by one and wrap around. */
  public int take() {
    if (tail - head == ring.length) {
      grow();
    }
    return tail++;
  }

  private void grow() {
    @Nullable Object[] wider = new @Nullable Object[ring.length * 2];
    for (int ticket = head; ticket != tail; ticket++) {
      wider[ticket & wider.length - 1] = ring[ticket & ring.length - 1];
    }
    ring = wider;
  }

  /** Fills in a ticket's reply; null removes it again. */
  public void fill(int ticket, @Nullable Object reply) {
    ring[ticket & ring.length - 1] = reply;
  }

  /** The reply of a ticket, or null while it is not known. */
  public @Nullable Object reply(int ticket) {
    return ring[ticket & ring.length - 1];
  }

  /** The ticket at the head. */
  public int head() {
    return head;
  }

  /** The ticket that will be taken next. */
  public int tail() {
    return tail;
  }

  /** The reply at the head, or null while it is not known. Do not call it on an empty queue. */
  public @Nullable Object first() {
    return ring[head & ring.length - 1];
  }

  /** Removes the reply at the head. */
  public void removeFirst() {
    ring[head & ring.length - 1] = null;
    head++;
  }

  /** Removes all tickets. The caller must ignore answers that arrive later. */
  public void clear() {
    Arrays.fill(ring, null);
    head = tail;
  }
}
