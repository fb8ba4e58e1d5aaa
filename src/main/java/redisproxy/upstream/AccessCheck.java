package redisproxy.upstream;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import redisproxy.config.Settings;

/**
 * Asks now and then whether Redis still lets in who gives no password. Who was connected before one
 * was set stays in, so the proxy would not notice, and go on reading for everybody. Belongs to one
 * event loop.
 */
public final class AccessCheck {
  private static final byte[] PING = {'P', 'I', 'N', 'G'};

  /** After so many heartbeats of the feed, ten seconds unless that is set. */
  private static final int HEARTBEATS = 10;

  private final Transport transport;
  private final Runnable refused;
  private boolean asking;

  /**
   * Begins, where the proxy has no password; else there is nothing to ask: whoever comes gives one,
   * which Redis judges.
   *
   * @param refused is told when Redis asks for a password
   */
  public AccessCheck(
      Vertx vertx, Transport transport, Settings.Coherence coherence, Runnable refused) {
    this.transport = transport;
    this.refused = refused;
    if (isOpen()) {
      long every = coherence.heartbeat().toMillis() * HEARTBEATS;
      vertx.setPeriodic(every, id -> ask());
    }
  }

  private boolean isOpen() {
    return transport.redis().password() == null;
  }

  /** Asks now. */
  public void ask() {
    if (asking || !isOpen()) {
      return;
    }
    asking = true;
    Buffer ping = Buffer.buffer();
    Greeting.append(ping, PING);
    OneOff.ask(transport, ping)
        .onComplete(
            reply -> {
              asking = false;
              if (reply.toString().startsWith("-NOAUTH")) {
                refused.run();
              }
            },
            failure -> asking = false);
  }
}
