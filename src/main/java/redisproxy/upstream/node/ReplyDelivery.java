package redisproxy.upstream.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import redisproxy.command.Writes;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;

/**
 * Hands out what a {@link SharedConnection} has been answered. What all have written is invalidated
 * before any of them is told, and a fault of one who is told costs the others nothing.
 */
final class ReplyDelivery {
  private final Consumer<Writes> invalidate;
  private final Tally tally;
  private final List<SharedRequest> answered = new ArrayList<>();

  ReplyDelivery(Consumer<Writes> invalidate, Tally tally) {
    this.invalidate = invalidate;
    this.tally = tally;
  }

  /** A request that has its reply. */
  void add(SharedRequest request) {
    answered.add(request);
  }

  /** Tells those who have been added since the last time. */
  void handOut() {
    if (answered.isEmpty()) {
      return;
    }
    invalidate(answered);
    long now = System.nanoTime();
    for (int i = 0; i < answered.size(); i++) {
      SharedRequest each = answered.get(i);
      tally.count(Outcome.TRUNK, 1, now - each.sentAt);
      try {
        each.sender.answered(each.ticket, each.reply);
      } catch (Throwable fault) {
        each.sender.broken(fault);
      }
    }
    for (int i = 0; i < answered.size(); i++) {
      SharedConnections.Sender sender = answered.get(i).sender;
      if (i + 1 == answered.size() || answered.get(i + 1).sender != sender) {
        answersEnd(sender);
      }
    }
    answered.clear();
  }

  private static void answersEnd(SharedConnections.Sender sender) {
    try {
      sender.answersEnd();
    } catch (Throwable fault) {
      sender.broken(fault);
    }
  }

  /** Tells those who will have no reply. What they have written may have been done, or be yet. */
  void lost(List<SharedRequest> requests, boolean wasConnected) {
    invalidate(requests);
    for (SharedRequest each : requests) {
      try {
        each.sender.lost(each.ticket, wasConnected);
      } catch (Throwable fault) {
        each.sender.broken(fault);
      }
    }
  }

  /** In as few messages as keep each key told apart: whoever wrote them waits for no fence. */
  private void invalidate(List<SharedRequest> done) {
    Writes.Sum sum = new Writes.Sum();
    for (SharedRequest each : done) {
      if (!sum.hasRoomFor(each.writes)) {
        invalidate.accept(sum.total());
        sum = new Writes.Sum();
      }
      sum.add(each.writes);
    }
    Writes last = sum.total();
    if (!last.isNothing()) {
      invalidate.accept(last);
    }
  }
}
