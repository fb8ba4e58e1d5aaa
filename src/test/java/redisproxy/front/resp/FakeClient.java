package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.internal.net.NetSocketInternal;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import redisproxy.upstream.FakeSocket;

/**
 * A client of a {@link FakeFront}. Its bytes wait while the session does not read. Each call
 * returns after all its effects have happened.
 */
final class FakeClient {
  private final FakeFront front;
  final FakeSocket socket;
  final Session session;
  final ClientConnection connection = new ClientConnection();

  /** Bytes sent but not read yet. */
  private final Queue<ByteBuf> unread = new ArrayDeque<>();

  private boolean ending;

  /** Call it on the event loop. */
  FakeClient(FakeFront front, Session.Shared shared) {
    this.front = front;
    socket = new FakeSocket();
    session = new Session(connection, shared);
    attach(connection, socket, front.settings.resp().maxPendingBytes(), front);
  }

  /** Attaches a connection to a fake socket as if it were one of Vert.x's. */
  static void attach(
      ClientConnection connection, FakeSocket socket, int maxPendingBytes, FakeFront front) {
    socket.pipeline().addLast("handler", new ChannelInboundHandlerAdapter());
    NetSocketInternal asNetSocket =
        (NetSocketInternal)
            Proxy.newProxyInstance(
                FakeClient.class.getClassLoader(),
                new Class<?>[] {NetSocketInternal.class},
                (proxy, method, arguments) -> socket.pipeline().context("handler"));
    connection.attach(asNetSocket, maxPendingBytes, front.memory, front.faults);
  }

  /** Turns an inline request into an array of bulk strings. */
  static String array(String request) {
    String[] words = request.split(" ");
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  /** Sends requests in one write, each as an array. */
  FakeClient asks(String... requests) throws Exception {
    StringBuilder all = new StringBuilder();
    for (String request : requests) {
      all.append(array(request));
    }
    return sends(all.toString());
  }

  /** Sends these bytes in one write. */
  FakeClient sends(String bytes) throws Exception {
    front.loop.run(() -> unread.add(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1)));
    front.settle();
    return this;
  }

  /** Part of every turn. */
  void turn() {
    while (!unread.isEmpty() && socket.isActive() && isRead()) {
      socket.writeInbound(unread.remove());
    }
    if (ending && unread.isEmpty() && socket.isActive() && isRead()) {
      ending = false;
      socket.endInput();
    }
    socket.runPendingTasks();
  }

  boolean isRead() {
    return socket.config().isAutoRead();
  }

  /** How many sent bytes the session has not read. */
  int unread() throws Exception {
    return front.loop.call(() -> unread.stream().mapToInt(ByteBuf::readableBytes).sum());
  }

  /** The replies received since the last call, with a blank for each line end. */
  String received() throws Exception {
    return receivedRaw().replace("\r\n", " ");
  }

  /** Like {@link #received}, with the original line ends. */
  String receivedRaw() throws Exception {
    return front.loop.call(
        () -> {
          StringBuilder all = new StringBuilder();
          for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
            all.append(out.toString(StandardCharsets.ISO_8859_1));
            out.release();
          }
          return all.toString();
        });
  }

  /** Sets whether the client reads replies. */
  void reads(boolean reads) throws Exception {
    front.loop.run(() -> socket.takes(reads));
    front.settle();
  }

  /** Ends the client's output; the client still reads. */
  void endsOutput() throws Exception {
    front.loop.run(() -> ending = true);
    front.settle();
  }

  /** Disconnects. Unread bytes are lost. */
  void disconnects() throws Exception {
    front.loop.run(socket::vanish);
    front.settle();
  }

  /** Drains the session, as when the proxy stops. */
  void drain() throws Exception {
    front.loop.run(session::drain);
    front.settle();
  }

  /** Whether neither side has closed the connection. */
  boolean isOpen() throws Exception {
    return front.loop.call(socket::isOpen);
  }

  /** Whether the session has ended its output. */
  boolean isOutputEnded() throws Exception {
    return front.loop.call(socket::isOutputShutdown);
  }

  void release() throws Exception {
    front.loop.run(
        () -> {
          socket.vanish();
          unread.forEach(ByteBuf::release);
          unread.clear();
          socket.finishAndReleaseAll();
        });
  }
}
