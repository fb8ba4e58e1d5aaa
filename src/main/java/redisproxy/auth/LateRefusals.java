package redisproxy.auth;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import redisproxy.admission.FailedLogins;

/** Answers to failed log-ins over HTTP, which come the later the more have failed. */
public final class LateRefusals {
  /** So many may wait; who comes then is cut off. */
  private static final int MOST = 1_000;

  private final Context context;
  private final FailedLogins failed;
  private int waiting;

  /** To be used on the event loop of the context. */
  public LateRefusals(Context context, FailedLogins failed) {
    this.context = context;
    this.failed = failed;
  }

  /** A log-in has failed: has it answered in a while, if the client is still there. */
  public void answer(HttpServerRequest request, Runnable refusal) {
    // First, so that an attempt that is cut off, or whose client leaves, counts as well.
    long delay = failed.delayMs(ClientAddress.of(request.remoteAddress().hostAddress()));
    if (waiting == MOST) {
      request.connection().close();
      return;
    }
    if (delay == 0) {
      refusal.run();
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
