package redisproxy.upstream.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import redisproxy.command.WriteInvalidation;
import redisproxy.command.Writes;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;

/**
 * Hands out the replies of a {@link SharedConnection}. Everything the calls wrote is invalidated
 * before any receiver gets a reply. If one receiver throws, the others still get theirs.
 */
final class ReplyDelivery {
  private final WriteInvalidation invalidation;
  private final Tally tally;
  private final List<Call> answered = new ArrayList<>();

  ReplyDelivery(Consumer<Writes> invalidate, Tally tally) {
    this.invalidation = new WriteInvalidation(invalidate);
    this.tally = tally;
  }

  /** Adds a request that has its reply. */
  void add(Call request) {
    answered.add(request);
  }

  /** Gives the receivers the replies that were added since the last time. */
  void handOut() {
    if (answered.isEmpty()) {
      return;
    }
    invalidate(answered);
    long now = System.nanoTime();
    for (int i = 0; i < answered.size(); i++) {
      Call each = answered.get(i);
      tally.count(Outcome.SHARED, 1, now - each.sentAt);
      try {
        each.receiver.answered(each.ticket, each.reply);
      } catch (Throwable fault) {
        each.receiver.broken(fault);
      }
    }
    for (int i = 0; i < answered.size(); i++) {
      Call.Receiver receiver = answered.get(i).receiver;
      if (i + 1 == answered.size() || answered.get(i + 1).receiver != receiver) {
        answersEnd(receiver);
      }
    }
    answered.clear();
  }

  private static void answersEnd(Call.Receiver receiver) {
    try {
      receiver.answersEnd();
    } catch (Throwable fault) {
      receiver.broken(fault);
    }
  }

  /**
   * Tells the receivers that no reply comes. Redis may have executed the requests, or may still do
   * so.
   */
  void lost(List<Call> requests, boolean wasConnected) {
    invalidate(requests);
    for (Call each : requests) {
      try {
        each.receiver.lost(each.ticket, wasConnected);
      } catch (Throwable fault) {
        each.receiver.broken(fault);
      }
    }
  }

  private void invalidate(List<Call> done) {
    for (Call each : done) {
      invalidation.add(each.writes);
    }
    invalidation.flush();
  }
}
