package redisproxy.auth;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import redisproxy.admission.FailedLogins;

/** Delays the answers to failed log-ins over HTTP; {@link FailedLogins} sets the delays. */
public final class LateRefusals {
  /** At most this many answers wait. Above it, attempts get none. */
  private static final int MOST = 1_000;

  /** HTTP/2's error code for a client that asks too much. */
  private static final long ENHANCE_YOUR_CALM = 0xb;

  private final Context context;
  private final FailedLogins failed;
  private int waiting;

  /** Belongs to the event loop of the context. */
  public LateRefusals(Context context, FailedLogins failed) {
    this.context = context;
    this.failed = failed;
  }

  /**
   * Answers a failed log-in after its delay, if the client is still connected. If too many answers
   * wait already, ends the request without an answer.
   */
  public void answer(HttpServerRequest request, Runnable refusal) {
    // Count first, so that an attempt also counts if its client is disconnected or leaves.
    long delay = failed.delayMs(ClientAddress.of(request.remoteAddress().hostAddress()));
    if (delay == 0) {
      refusal.run();
      return;
    }
    if (waiting == MOST) {
      // Over HTTP/1 this closes the connection, over HTTP/2 only the stream: others may share it.
      request.response().reset(ENHANCE_YOUR_CALM);
      return;
    }
    waiting++;
    context.runOnContext(
        turn ->
            context
                .owner()
                .setTimer(
                    delay,
                    due -> {
                      waiting--;
                      if (!request.response().closed()) {
                        refusal.run();
                      }
                    }));
  }
}
