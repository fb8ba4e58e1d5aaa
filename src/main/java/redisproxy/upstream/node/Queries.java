package redisproxy.upstream.node;

import io.vertx.core.Vertx;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;

/**
 * What sessions without a dedicated connection ask Redis: over one {@link QueryConnection} for each
 * version of RESP, and from the {@link Memo} while Redis cannot be reached. Belongs to one event
 * loop; the memo is shared by all of them.
 */
public final class Queries {
  /** Who asks, told on the event loop, never within {@link #ask}. */
  public interface Asker {
    /**
     * The reply's bytes, not to be changed, or null when there is none to be had here, and a
     * dedicated connection has to be asked.
     */
    void answered(byte @Nullable [] reply);

    /** The above threw this: a fault of the proxy, which must not cost others their answers. */
    void broken(Throwable fault);
  }

  private final Memo memo;
  private final Function<Boolean, QueryConnection> open;
  private QueryConnection resp2;
  private QueryConnection resp3;

  /**
   * To be made on the event loop that will use it.
   *
   * @param maxReplyBytes the longest reply; a longer one is for a dedicated connection
   */
  public Queries(
      Vertx vertx,
      Settings.Redis redis,
      DedicatedConnections.Opener opener,
      Memo memo,
      int maxReplyBytes) {
    this.memo = memo;
    this.open = isResp3 -> new QueryConnection(vertx, redis, opener, isResp3, maxReplyBytes);
    renew();
  }

  /** What is asked from now on goes over new ones; those there were end when they are unused. */
  public void renew() {
    resp2 = open.apply(false);
    resp3 = open.apply(true);
  }

  /** Whether the server has a database, as far as is known. */
  public boolean hasDatabase(int db) {
    return memo.hasDatabase(db);
  }

  /**
   * Asks.
   *
   * @return false, and nobody is told anything, when too many have asked
   */
  public boolean ask(Memo.Question question, Asker asker) {
    return (question.isResp3() ? resp3 : resp2)
        .ask(
            question.request(),
            new QueryConnection.Asker() {
              @Override
              public void answered(byte[] reply) {
                tell(asker, memo.remember(question, reply));
              }

              @Override
              public void unanswered(boolean isReachable) {
                tell(asker, isReachable ? null : memo.recall(question));
              }
            });
  }

  private static void tell(Asker asker, byte @Nullable [] reply) {
    try {
      asker.answered(reply);
    } catch (Throwable fault) {
      asker.broken(fault);
    }
  }
}
