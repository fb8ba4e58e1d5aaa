package redisproxy.cacheverticle;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Answers;
import redisproxy.bus.Bus.Requester;
import redisproxy.cache.Answer;
import redisproxy.cache.Key;

/**
 * Collects the answers of loads in one turn of the cache's event loop. Sends them when the turn
 * ends, in one message for each front.
 */
final class OutgoingAnswers {
  private final Vertx vertx;
  private final Context context;

  /** The answers of this turn, by the address of their front. */
  private final Map<String, Answers> outgoing = new HashMap<>();

  OutgoingAnswers(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
  }

  /** Adds the answer to the lookup with this ticket, which a front's requester made. */
  void add(String front, Requester requester, int ticket, Answer answer, Key key, long askedAt) {
    if (outgoing.isEmpty()) {
      context.runOnContext(turn -> send());
    }
    outgoing
        .computeIfAbsent(front, address -> new Answers())
        .add(requester, ticket, answer, key, askedAt);
  }

  private void send() {
    outgoing.forEach(
        (address, answers) -> vertx.eventBus().send(address, answers, Bus.BY_REFERENCE));
    outgoing.clear();
  }
}
