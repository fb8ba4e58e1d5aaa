package redisproxy.upstream.load;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Cache;
import redisproxy.cache.Key;
import redisproxy.cache.TouchQueue;
import redisproxy.log.LogKey;

/**
 * Tells Redis which keys the cache answers, so that Redis does not evict them as unused. Sends one
 * TOUCH for many keys of a database, over the connection that loads its values. TOUCH changes no
 * value, and Redis does not announce it.
 *
 * <p>Nothing depends on its success. One round is under way at a time. While Redis cannot be
 * reached, keys are dropped: each comes again when it is hit after another interval. Belongs to the
 * cache verticle's event loop.
 */
public final class TouchSender {
  private static final Logger LOG = LoggerFactory.getLogger(TouchSender.class);

  /** Keys wait at most this long for others, in milliseconds. Redis's LRU clock counts seconds. */
  private static final long EVERY_MS = 100;

  /** The most keys of a round. Redis executes a TOUCH of so many in some 100 microseconds. */
  static final int MOST_AT_ONCE = 512;

  /** The most bytes that the keys of a round have together. */
  static final int MAX_BYTES_AT_ONCE = 64 * 1024;

  /** A round that is not answered for so long keeps others no longer waiting, in milliseconds. */
  private static final long ROUND_MS = 1_000;

  private final Vertx vertx;
  private final Cache cache;
  private final Loader<?> loader;
  private final TouchQueue queue;
  private final long timer;

  /** The replies to the last round. */
  private Future<?> round = Future.succeededFuture();

  private long sentAt;
  private boolean stopped;
  private long touched;

  /**
   * Begins to send.
   *
   * @param queue gets its keys from the cache
   */
  public TouchSender(Vertx vertx, Cache cache, Loader<?> loader, TouchQueue queue) {
    this.vertx = vertx;
    this.cache = cache;
    this.loader = loader;
    this.queue = queue;
    this.timer = vertx.setPeriodic(EVERY_MS, id -> check());
    cache.touch(queue);
  }

  /** How many keys Redis has touched. It does not count keys that are gone. */
  public long touched() {
    return touched;
  }

  /** Ends. Keys that wait are dropped. */
  public void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
    cache.touch(null);
    queue.clear();
  }

  private void check() {
    if (!loader.isConnected()) {
      queue.clear();
    } else if (round.isComplete() || loader.now() - sentAt >= ROUND_MS) {
      sendRound();
    }
  }

  private void sendRound() {
    Map<Integer, List<Key>> byDatabase = new TreeMap<>();
    for (Key key : queue.take(MOST_AT_ONCE, MAX_BYTES_AT_ONCE)) {
      byDatabase.computeIfAbsent(key.db(), db -> new ArrayList<>()).add(key);
    }
    if (byDatabase.isEmpty()) {
      return;
    }
    List<Future<Response>> replies = new ArrayList<>();
    byDatabase.forEach((db, keys) -> replies.add(loader.touch(db, keys)));
    replies.forEach(reply -> reply.onComplete(this::replied, this::failed));
    Future<?> sent = Future.join(replies);
    round = sent;
    sentAt = loader.now();
    sent.onComplete(ended -> goOn(sent));
  }

  /** Sends the next round at once if it is a full one. */
  private void goOn(Future<?> after) {
    if (after == round && queue.size() >= MOST_AT_ONCE && loader.isConnected()) {
      sendRound();
    }
  }

  private void replied(Response count) {
    touched += count.toLong();
  }

  /** Another error is temporary, or the connection was lost: these keys are dropped. */
  private void failed(Throwable failure) {
    if (!stopped && RedisError.isForbidden(failure)) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, failure.getMessage())
          .addKeyValue(LogKey.REMEDY, "allow TOUCH to the proxy's user")
          .log("Redis does not learn which keys are read: TOUCH is forbidden");
      stop();
    }
  }
}
