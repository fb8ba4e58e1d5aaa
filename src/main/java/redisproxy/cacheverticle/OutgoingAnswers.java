package redisproxy.cacheverticle;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Answers;
import redisproxy.bus.Bus.Asker;
import redisproxy.cache.Answer;
import redisproxy.cache.Key;

/**
 * The answers that loads bring in one turn of the cache's event loop, which leave when it ends: one
 * message for each front.
 */
final class LeavingAnswers {
  private final Vertx vertx;
  private final Context context;

  /** By the address of their front. */
  private final Map<String, Answers> leaving = new HashMap<>();

  LeavingAnswers(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
  }

  /** An answer to the lookup that a front's asker made under this ticket. */
  void add(String front, Asker asker, int ticket, Answer answer, Key key, long askedAt) {
    if (leaving.isEmpty()) {
      context.runOnContext(turn -> send());
    }
    leaving
        .computeIfAbsent(front, address -> new Answers())
        .add(asker, ticket, answer, key, askedAt);
  }

  private void send() {
    leaving.forEach(
        (address, answers) -> vertx.eventBus().send(address, answers, Bus.BY_REFERENCE));
    leaving.clear();
  }
}
