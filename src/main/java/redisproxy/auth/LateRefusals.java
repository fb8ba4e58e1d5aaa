package redisproxy.auth;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import redisproxy.admission.FailedLogins;

/** Delays the answers to failed log-ins over HTTP; {@link FailedLogins} sets the delays. */
public final class LateRefusals {
  /** At most this many answers wait. Above it, the client is disconnected. */
  private static final int MOST = 1_000;

  private final Context context;
  private final FailedLogins failed;
  private int waiting;

  /** Belongs to the event loop of the context. */
  public LateRefusals(Context context, FailedLogins failed) {
    this.context = context;
    this.failed = failed;
  }

  /** Answers a failed log-in after its delay, if the client is still connected. */
  public void answer(HttpServerRequest request, Runnable refusal) {
    // Count first, so that an attempt also counts if its client is disconnected or leaves.
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
