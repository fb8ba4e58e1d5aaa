package redisproxy.upstream;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
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

  private final Settings.Redis redis;
  private final NetClient client;
  private final Runnable refused;
  private boolean asking;

  /**
   * Begins, where the proxy has no password; else there is nothing to ask: whoever comes gives one,
   * which Redis judges.
   *
   * @param refused is told when Redis asks for a password
   */
  public AccessCheck(Vertx vertx, Settings settings, Runnable refused) {
    this.redis = settings.redis();
    this.refused = refused;
    this.client = Transport.client(vertx, redis);
    if (redis.password() == null) {
      long every = settings.coherence().heartbeat().toMillis() * HEARTBEATS;
      vertx.setPeriodic(every, id -> ask());
    }
  }

  /** Asks now. */
  public void ask() {
    if (asking || redis.password() != null) {
      return;
    }
    asking = true;
    Buffer ping = Buffer.buffer();
    Greeting.append(ping, PING);
    OneOff.ask(client, redis, ping)
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
