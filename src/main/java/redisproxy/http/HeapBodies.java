package redisproxy.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;

/**
 * Copies the bodies of HTTP/1 requests from Netty's pooled buffers to the heap before Vert.x sees
 * them. While a client does not read responses, Vert.x queues its further input. If the connection
 * ends then, Vert.x drops the queue without releasing its buffers. Some thousand clients that
 * disconnected like this used up all direct memory.
 */
public final class HeapBodies extends ChannelInboundHandlerAdapter {
  private HeapBodies() {}

  /** Adds this handler to a new connection. */
  public static void addTo(HttpConnection connection) {
    ChannelHandlerContext vertx = ((HttpServerConnection) connection).channelHandlerContext();
    vertx.pipeline().addBefore(vertx.name(), "bodies", new HeapBodies());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpContent content && content.content().isReadable()) {
      byte[] body = ByteBufUtil.getBytes(content.content());
      content.release();
      ctx.fireChannelRead(content.replace(Unpooled.wrappedBuffer(body)));
    } else {
      ctx.fireChannelRead(message);
    }
  }
}
