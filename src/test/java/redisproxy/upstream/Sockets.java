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
 * The sockets that are requested on a {@link Loop}. The test decides which of them connect, and
 * plays the server at their other end. A blank in a text stands for a line end.
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

  /** How many sockets have been requested. */
  public int asked() {
    return asked.size();
  }

  /** Connects a requested socket. */
  public void make(int index) throws Exception {
    loop.run(() -> asked.get(index).complete(made.get(index).asNetSocket()));
  }

  /** Makes a requested socket fail to connect. */
  public void refuse(int index) throws Exception {
    loop.run(() -> asked.get(index).fail(new ConnectException("refused")));
  }

  /** What the server received since the last call. */
  public String sent(int index) throws Exception {
    return loop.call(() -> Loop.sent(made.get(index).channel));
  }

  /** Sends this from the server. */
  public void reply(int index, String replies) throws Exception {
    loop.run(() -> made.get(index).channel.writeInbound(Loop.buffer(replies)));
  }

  /** Sends this from the server and closes the socket in the same turn. */
  public void replyAndClose(int index, String replies) throws Exception {
    loop.run(
        () -> {
          FakeSocket channel = made.get(index).channel;
          channel.writeOneInbound(Loop.buffer(replies));
          channel.vanish();
        });
  }

  /** Sends one line from the server; a blank in it stays a blank. */
  public void replyLine(int index, String line) throws Exception {
    loop.run(
        () ->
            made.get(index)
                .channel
                .writeInbound(Unpooled.copiedBuffer(line + "\r\n", StandardCharsets.US_ASCII)));
  }

  /** Whether the proxy has ended its output. */
  public boolean isOutputEnded(int index) throws Exception {
    return loop.call(() -> made.get(index).channel.isOutputShutdown());
  }

  /** Whether the proxy reads from the server. */
  public boolean isReading(int index) throws Exception {
    return loop.call(() -> made.get(index).channel.config().isAutoRead());
  }

  /** Sets whether the server accepts bytes from the proxy. */
  public void takes(int index, boolean takes) throws Exception {
    loop.run(() -> made.get(index).channel.takes(takes));
  }

  /** Closes the connection from the server's side. */
  public void close(int index) throws Exception {
    loop.run(() -> made.get(index).channel.vanish());
  }

  public boolean isOpen(int index) throws Exception {
    return loop.call(() -> made.get(index).channel.isOpen());
  }

  public void close() {
    made.forEach(socket -> socket.channel.finishAndReleaseAll());
  }

  /** A fake Vert.x socket with only the methods that connections to Redis use. */
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
