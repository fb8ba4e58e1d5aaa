package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import redisproxy.upstream.connection.Transport;

/**
 * The sockets that are asked for on a {@link Loop}: the test says which of them are made, and is
 * the server behind them. Blanks in its texts stand for line ends.
 */
public final class Sockets {
  private final Loop loop;
  private final List<Promise<NetSocket>> asked = new CopyOnWriteArrayList<>();
  private final List<Socket> made = new CopyOnWriteArrayList<>();

  public Sockets(Loop loop) {
    this.loop = loop;
  }

  /** For {@link Transport#connect}. */
  public Future<NetSocket> connect() {
    Promise<NetSocket> promise = Promise.promise();
    asked.add(promise);
    made.add(new Socket());
    return promise.future();
  }

  /** How many have been asked for. */
  public int asked() {
    return asked.size();
  }

  /** One that was asked for is made. */
  public void make(int index) throws Exception {
    loop.run(() -> asked.get(index).complete(made.get(index).asNetSocket()));
  }

  /** It is not to be. */
  public void refuse(int index) throws Exception {
    loop.run(() -> asked.get(index).fail(new ConnectException("refused")));
  }

  /** What the server was sent since the last time. */
  public String sent(int index) throws Exception {
    return loop.call(() -> Loop.sent(made.get(index).channel));
  }

  /** The server sends this. */
  public void reply(int index, String replies) throws Exception {
    loop.run(() -> made.get(index).channel.writeInbound(Loop.buffer(replies)));
  }

  /** The server sends this and closes: the socket is gone before its turn has ended. */
  public void replyAndClose(int index, String replies) throws Exception {
    loop.run(
        () -> {
          FakeSocket channel = made.get(index).channel;
          channel.writeOneInbound(Loop.buffer(replies));
          channel.vanish();
        });
  }

  /** The server sends one line, which may have blanks. */
  public void replyLine(int index, String line) throws Exception {
    loop.run(
        () ->
            made.get(index)
                .channel
                .writeInbound(Unpooled.copiedBuffer(line + "\r\n", StandardCharsets.US_ASCII)));
  }

  /** Whether the server was told that no more is sent. */
  public boolean isOutputEnded(int index) throws Exception {
    return loop.call(() -> made.get(index).channel.isOutputShutdown());
  }

  /** Whether what the server sends is read. */
  public boolean isReading(int index) throws Exception {
    return loop.call(() -> made.get(index).channel.config().isAutoRead());
  }

  /** Whether the server takes what it is sent. */
  public void takes(int index, boolean takes) throws Exception {
    loop.run(() -> made.get(index).channel.takes(takes));
  }

  /** The server closes the connection. */
  public void close(int index) throws Exception {
    loop.run(() -> made.get(index).channel.vanish());
  }

  public boolean isOpen(int index) throws Exception {
    return loop.call(() -> made.get(index).channel.isOpen());
  }

  public void close() {
    made.forEach(socket -> socket.channel.finishAndReleaseAll());
  }

  /** A socket of Vert.x, as far as connections to Redis use one. */
  private static final class Socket extends ChannelInboundHandlerAdapter {
    final FakeSocket channel = new FakeSocket();
    private Handler<Buffer> received = data -> {};
    private Handler<Void> closed = end -> {};

    Socket() {
      channel.pipeline().addLast("handler", this);
    }

    NetSocket asNetSocket() {
      return (NetSocket)
          Proxy.newProxyInstance(
              Socket.class.getClassLoader(),
              new Class<?>[] {NetSocketInternal.class},
              (proxy, method, arguments) -> invoked(proxy, method, arguments));
    }

    @SuppressWarnings("unchecked")
    private Object invoked(Object proxy, Method method, Object[] arguments) {
      switch (method.getName()) {
        case "channelHandlerContext":
          return channel.pipeline().context(this);
        case "handler":
          received = (Handler<Buffer>) arguments[0];
          return proxy;
        case "closeHandler":
          closed = (Handler<Void>) arguments[0];
          return proxy;
        case "close":
          channel.close();
          return Future.succeededFuture();
        default:
          throw new UnsupportedOperationException(method.getName());
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ((ByteBuf) message).release();
      received.handle(Buffer.buffer());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      closed.handle(null);
    }
  }
}
