package redisproxy.front.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.HashMap;
import java.util.Map;
import redisproxy.accept.PendingBytes;
import redisproxy.admission.ClientMemory;

/**
 * Counts the response bytes that the clients of one verticle have not read. For HTTP/1 these are
 * the bytes that the socket has not taken. For HTTP/2 they include whole bodies that wait for the
 * client's flow-control window, because Netty does not report that part. Bytes of such a body that
 * the socket has not taken count twice. No other class reaches through Vert.x's HTTP to the socket
 * (docs/decisions.md, "All clients together").
 */
public final class UnreadResponses {
  private final ClientMemory memory;
  private final Map<HttpConnection, Client> clients = new HashMap<>();

  /** Starts without clients. Belongs to the event loop of its verticle. */
  UnreadResponses(ClientMemory memory) {
    this.memory = memory;
  }

  /** Counts a client from now on until it disconnects. */
  void add(HttpConnection connection) {
    Channel channel = ((HttpServerConnection) connection).channelHandlerContext().channel();
    Client client = new Client(memory, channel);
    clients.put(connection, client);
    channel.pipeline().addFirst("unread", client);
    channel
        .closeFuture()
        .addListener(
            closed -> {
              clients.remove(connection);
              client.account.close();
            });
  }

  /**
   * A body was written to a connection.
   *
   * @param sent completes when the socket has received all of it, or when that has failed
   */
  void written(HttpServerRequest request, int bytes, Future<Void> sent) {
    if (request.version() == HttpVersion.HTTP_2 && !sent.isComplete()) {
      Client client = clients.get(request.connection());
      if (client != null) {
        client.waits(bytes, sent);
      }
    }
  }

  /** The first handler of the pipeline, between the socket and TLS. */
  private static final class Client extends ChannelOutboundHandlerAdapter {
    private final ClientMemory.Account account;
    private final Channel channel;

    /** Bytes of HTTP/2 bodies that are not sent completely. */
    private long waiting;

    Client(ClientMemory memory, Channel channel) {
      this.channel = channel;
      // Close without the closing messages of TLS and Vert.x. They would wait behind unread bytes.
      account = memory.open(this::measure, () -> channel.unsafe().close(channel.newPromise()));
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
      ctx.flush();
      account.count();
    }

    private long measure() {
      return waiting + PendingBytes.of(channel);
    }

    void waits(int bytes, Future<Void> sent) {
      waiting += bytes;
      account.count();
      sent.onComplete(over -> waiting -= bytes);
    }
  }
}
