package redisproxy.upstream.node;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis, opened in advance for the next session that needs a dedicated
 * connection. Nothing is sent over it while it waits. The session's first request leaves at once,
 * and no other client's request overtakes it while a connection is made. A new one is opened after
 * each dedicated connection. It is closed when it has waited too long: a firewall on the way may
 * have dropped it by then. Belongs to one event loop.
 */
final class SpareConnection {
  /** How long it waits, in milliseconds; as long as a verdict on credentials is valid. */
  private static final long WAITS_MS = 10_000;

  private final Vertx vertx;
  private final Context context;
  private final Supplier<Future<NetSocket>> connect;

  /** Null while there is none. */
  private @Nullable NetSocket waiting;

  private boolean connecting;
  private long timer;

  /** Create it on the event loop that will use it. */
  SpareConnection(Vertx vertx, Supplier<Future<NetSocket>> connect) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.connect = connect;
  }

  /** Hands the connection over to the caller, or returns null. */
  @Nullable NetSocket take() {
    NetSocket taken = waiting;
    if (taken != null) {
      forget();
    }
    return taken;
  }

  private void forget() {
    vertx.cancelTimer(timer);
    waiting = null;
  }

  /** Opens a connection after this turn, unless one waits. Redis was reachable a moment ago. */
  void replace() {
    if (waiting == null && !connecting) {
      connecting = true;
      context.runOnContext(
          turn -> connect.get().onComplete(this::opened, failure -> connecting = false));
    }
  }

  /** If Redis sends anything, it is the error that there are too many clients. */
  private void opened(NetSocket socket) {
    connecting = false;
    waiting = socket;
    socket.handler(said -> drop(socket));
    socket.closeHandler(closed -> drop(socket));
    timer = vertx.setTimer(WAITS_MS, id -> drop(socket));
  }

  private void drop(NetSocket socket) {
    if (socket == waiting) {
      forget();
      socket.close();
    }
  }

  /** Closes the connection that waits, if any. */
  void drop() {
    if (waiting != null) {
      drop(waiting);
    }
  }
}
