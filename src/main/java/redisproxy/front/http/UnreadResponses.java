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
import redisproxy.accept.Unsent;
import redisproxy.admission.ClientMemory;

/**
 * What the clients of one verticle do not read of their responses. Of HTTP/1 it is what the socket
 * has not taken; of HTTP/2 also what waits for the client's window, which Netty does not tell (what
 * the socket has of that counts twice). The one place that reaches through Vert.x's HTTP to the
 * socket (docs/decisions.md, "All clients together").
 */
public final class UnreadResponses {
  private final ClientMemory memory;
  private final Map<HttpConnection, Client> clients = new HashMap<>();

  /** None yet. Belongs to the event loop of its verticle. */
  UnreadResponses(ClientMemory memory) {
    this.memory = memory;
  }

  /** From now on and until it is gone, a client that has connected is counted. */
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
   * A body was given to its connection.
   *
   * @param sent when the socket has been given all of it, or never will
   */
  void written(HttpServerRequest request, int bytes, Future<Void> sent) {
    if (request.version() == HttpVersion.HTTP_2 && !sent.isComplete()) {
      Client client = clients.get(request.connection());
      if (client != null) {
        client.waits(bytes, sent);
      }
    }
  }

  /** Stands next to the socket, behind TLS. */
  private static final class Client extends ChannelOutboundHandlerAdapter {
    private final ClientMemory.Account account;
    private final Channel channel;

    /** Bytes of bodies of which some wait for the client's window. */
    private long waiting;

    Client(ClientMemory memory, Channel channel) {
      this.channel = channel;
      // Without a farewell by TLS or Vert.x, which would wait behind what is not read.
      account = memory.open(this::measure, () -> channel.unsafe().close(channel.newPromise()));
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
      ctx.flush();
      account.count();
    }

    private long measure() {
      return waiting + Unsent.bytes(channel);
    }

    void waits(int bytes, Future<Void> sent) {
      waiting += bytes;
      account.count();
      sent.onComplete(over -> waiting -= bytes);
    }
  }
}
