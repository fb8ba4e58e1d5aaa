package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redisproxy.config.Settings;

/**
 * Asks Redis whether it still lets in a client that gives no password: now and then, and whenever a
 * command has changed who may log in. Redis keeps connections that it accepted before a password
 * was set, so the proxy would not notice, and go on reading for everybody. Belongs to one event
 * loop.
 */
public final class AccessCheck {
  /** What is told of what Redis has said. */
  public interface Owner {
    /** Redis lets in a client without a password. */
    void admitted();

    /** Redis asks for a password, and the proxy has none. */
    void refused();

    /** Access may have changed, and Redis did not say in time what holds now. */
    void unknown();
  }

  private static final byte[] PING = {'P', 'I', 'N', 'G'};

  /** After so many heartbeats of the feed, ten seconds unless that is set. */
  private static final int HEARTBEATS = 10;

  private final Transport transport;
  private final Owner owner;

  /** They wait for a check that begins after they asked. */
  private List<Promise<Void>> waiting = new ArrayList<>();

  private boolean checking;

  /**
   * Begins, where the proxy has no password. Where it has one there is nothing to check: each
   * client gives a password itself, and Redis judges it.
   */
  public AccessCheck(Vertx vertx, Transport transport, Settings.Coherence coherence, Owner owner) {
    this.transport = transport;
    this.owner = owner;
    if (isOpen()) {
      long every = coherence.heartbeat().toMillis() * HEARTBEATS;
      vertx.setPeriodic(every, id -> check());
    }
  }

  private boolean isOpen() {
    return transport.redis().password() == null;
  }

  /**
   * Access may have changed: checks it anew.
   *
   * @return ends when the owner knows what holds, or knows that nobody does: within {@code
   *     redis.load-timeout}; never fails
   */
  public Future<Void> changed() {
    if (!isOpen()) {
      return Future.succeededFuture();
    }
    Promise<Void> checked = Promise.promise();
    waiting.add(checked);
    check();
    return checked
        .future()
        .timeout(transport.redis().loadTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .recover(
            late -> {
              owner.unknown();
              return Future.succeededFuture();
            });
  }

  private void check() {
    if (checking) {
      return;
    }
    checking = true;
    List<Promise<Void>> asked = waiting;
    waiting = new ArrayList<>();
    Buffer ping = Buffer.buffer();
    Greeting.append(ping, PING);
    OneOff.ask(transport, ping)
        .onComplete(reply -> said(reply, asked), failure -> ended(asked, false));
  }

  private void said(String reply, List<Promise<Void>> asked) {
    // PING may be forbidden to a user that is let in.
    boolean admitted = reply.startsWith("+PONG") || reply.startsWith("-NOPERM");
    boolean refused = reply.startsWith("-NOAUTH");
    if (admitted) {
      owner.admitted();
    } else if (refused) {
      owner.refused();
    }
    ended(asked, admitted || refused);
  }

  private void ended(List<Promise<Void>> asked, boolean known) {
    checking = false;
    asked.forEach(
        each -> {
          if (known) {
            each.tryComplete();
          } else {
            each.tryFail("Redis does not say");
          }
        });
    if (!waiting.isEmpty()) {
      check();
    }
  }
}
