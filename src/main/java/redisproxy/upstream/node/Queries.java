package redisproxy.upstream.node;

import io.vertx.core.Vertx;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;

/**
 * Asks Redis the questions of sessions that have no dedicated connection, over one {@link
 * QueryConnection} for each version of RESP. Answers from the {@link LastReplies} while Redis
 * cannot be reached. Belongs to one event loop; all event loops share the last replies.
 */
public final class Queries {
  /** Receives an answer, on the event loop, never within {@link #ask}. */
  public interface Requester {
    /**
     * The query has ended.
     *
     * @param reply must not be changed; null if the question has to go over a dedicated connection
     */
    void answered(byte @Nullable [] reply);

    /** The method above threw this. It is a fault of the proxy; others still get their answers. */
    void broken(Throwable fault);
  }

  private final LastReplies lastReplies;
  private final Function<Boolean, QueryConnection> open;
  private QueryConnection resp2;
  private QueryConnection resp3;

  /**
   * Create it on the event loop that will use it.
   *
   * @param maxReplyBytes the longest reply; for a longer one the client needs a dedicated
   *     connection
   */
  public Queries(
      Vertx vertx,
      Settings.Redis redis,
      DedicatedConnections.Opener opener,
      LastReplies lastReplies,
      int maxReplyBytes) {
    this.lastReplies = lastReplies;
    this.open = isResp3 -> new QueryConnection(vertx, redis, opener, isResp3, maxReplyBytes);
    renew();
  }

  /** Questions from now on go over new connections; the old ones close when they are unused. */
  public void renew() {
    resp2 = open.apply(false);
    resp3 = open.apply(true);
  }

  /** Whether the server is known to have a database. */
  public boolean hasDatabase(int db) {
    return lastReplies.hasDatabase(db);
  }

  /**
   * Asks a question.
   *
   * @return false if too many questions are unanswered; then the requester is not called
   */
  public boolean ask(LastReplies.Question question, Requester requester) {
    return (question.isResp3() ? resp3 : resp2)
        .ask(
            question.request(),
            new QueryConnection.Requester() {
              @Override
              public void answered(byte[] reply) {
                tell(requester, lastReplies.remember(question, reply));
              }

              @Override
              public void unanswered(boolean isReachable) {
                tell(requester, isReachable ? null : lastReplies.recall(question));
              }
            });
  }

  private static void tell(Requester requester, byte @Nullable [] reply) {
    try {
      requester.answered(reply);
    } catch (Throwable fault) {
      requester.broken(fault);
    }
  }
}
