package redisproxy.front.resp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The replies a client is owed, in the order of its requests. A request takes the next ticket; its
 * reply is filled in when it is known; replies leave from the head. A ring that grows to what the
 * client pipelines and no further than its limit. One thread at a time.
 */
public final class ReplyQueue {
  private final int limit;
  private @Nullable Object[] ring = new @Nullable Object[16];
  private int head;
  private int tail;

  /** A queue for at most so many replies, 1 or more. */
  public ReplyQueue(int limit) {
    this.limit = limit;
  }

  /** Whether no more tickets are to be had until a reply has left. */
  public boolean isFull() {
    return tail - head >= limit;
  }

  public boolean isEmpty() {
    return head == tail;
  }

  /** How many replies are owed. */
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

  /** Fills in a ticket's reply, or takes it back with null. */
  public void fill(int ticket, @Nullable Object reply) {
    ring[ticket & ring.length - 1] = reply;
  }

  /** The ticket at the head. */
  public int head() {
    return head;
  }

  /** The ticket that will be taken next. */
  public int tail() {
    return tail;
  }

  /** The reply at the head, or null while it is not known. Not to be asked of an empty queue. */
  public @Nullable Object first() {
    return ring[head & ring.length - 1];
  }

  /** Lets the reply at the head go. */
  public void removeFirst() {
    ring[head & ring.length - 1] = null;
    head++;
  }

  /** Forgets everything; answers still to come find nobody. */
  public void clear() {
    Arrays.fill(ring, null);
    head = tail;
  }
}
