package redisproxy.upstream.node;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis that waits, without a word said over it, for the session that needs a
 * dedicated connection next: its first request leaves at once, and no other client's overtakes it
 * while a connection is made. Opened behind each dedicated connection, and closed when it has
 * waited for long: what is between here and Redis may have forgotten it then. Belongs to one event
 * loop.
 */
final class SpareConnection {
  /** So long it waits, in milliseconds; as long as a verdict on credentials holds. */
  private static final long WAITS_MS = 10_000;

  private final Vertx vertx;
  private final Context context;
  private final Supplier<Future<NetSocket>> connect;

  /** Null while there is none. */
  private @Nullable NetSocket waiting;

  private boolean connecting;
  private long timer;

  /** To be made on the event loop that will use it. */
  SpareConnection(Vertx vertx, Supplier<Future<NetSocket>> connect) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.connect = connect;
  }

  /** The connection, which is the caller's now, or null. */
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

  /** Has one opened when this turn is over, unless there is one. Redis was there a moment ago. */
  void replace() {
    if (waiting == null && !connecting) {
      connecting = true;
      context.runOnContext(
          turn -> connect.get().onComplete(this::opened, failure -> connecting = false));
    }
  }

  /** Should Redis say something, it is that there are too many clients. */
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

  /** Has none waiting any more. */
  void drop() {
    if (waiting != null) {
      drop(waiting);
    }
  }
}
