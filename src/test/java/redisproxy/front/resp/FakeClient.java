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
 * A client of a {@link FakeFront}. What it sends waits while its session does not read it. Each
 * call returns when all that it leads to has been done.
 */
final class FakeClient {
  private final FakeFront front;
  final FakeSocket socket;
  final Session session;
  final ClientConnection connection = new ClientConnection();

  /** Sent, and not read yet. */
  private final Queue<ByteBuf> unread = new ArrayDeque<>();

  private boolean ending;

  /** On the event loop. */
  FakeClient(FakeFront front, Session.Shared shared) {
    this.front = front;
    socket = new FakeSocket();
    session = new Session(connection, shared);
    attach(connection, socket, front.settings.resp().maxPendingBytes(), front);
  }

  /** Has a connection take over a socket, as one of Vert.x's. */
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

  /** An array of bulk strings, of a request that is written inline. */
  static String array(String request) {
    String[] words = request.split(" ");
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  /** Sends requests at one go, each an array. */
  FakeClient asks(String... requests) throws Exception {
    StringBuilder all = new StringBuilder();
    for (String request : requests) {
      all.append(array(request));
    }
    return sends(all.toString());
  }

  /** Sends these bytes at one go. */
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

  /** What the session has not read of what was sent, in bytes. */
  int unread() throws Exception {
    return front.loop.call(() -> unread.stream().mapToInt(ByteBuf::readableBytes).sum());
  }

  /** What it was told since the last time. */
  String heard() throws Exception {
    return heardAsItIs().replace("\r\n", " ");
  }

  /** The same, its line ends as they are. */
  String heardAsItIs() throws Exception {
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

  /** Whether its socket takes what it is told. */
  void takes(boolean takes) throws Exception {
    front.loop.run(() -> socket.takes(takes));
    front.settle();
  }

  /** Sends no more, and still reads. */
  void ends() throws Exception {
    front.loop.run(() -> ending = true);
    front.settle();
  }

  /** Goes away. What was not read of it nobody reads. */
  void goes() throws Exception {
    front.loop.run(socket::vanish);
    front.settle();
  }

  /** The proxy stops. */
  void isDrained() throws Exception {
    front.loop.run(session::drain);
    front.settle();
  }

  /** Whether neither side has closed the connection. */
  boolean isOpen() throws Exception {
    return front.loop.call(socket::isOpen);
  }

  /** Whether the session has said that it says no more. */
  boolean isLeft() throws Exception {
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
