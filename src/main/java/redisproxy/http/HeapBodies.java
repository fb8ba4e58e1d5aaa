package redisproxy.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;

/**
 * Takes the bodies of HTTP/1 requests out of Netty's buffers before Vert.x sees them. It has what
 * comes wait while responses are not read, and when the connection ends then, it forgets what waits
 * and does not release it: some thousand clients that leave so had taken all direct memory.
 */
public final class HeapBodies extends ChannelInboundHandlerAdapter {
  private HeapBodies() {}

  /** From now on, of a client that has connected. */
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
