package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.metrics.Connections;
import redisproxy.tls.ToRedis;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.node.DedicatedConnections;

/**
 * An event loop, and the connections that are opened on it. The test plays the server at their
 * other end. A blank in a text stands for a line end.
 */
public final class Loop implements AutoCloseable {
  private static final int MAX_PENDING = 64 * 1024;

  public final Vertx vertx = Vertx.vertx();
  public final Context context = vertx.getOrCreateContext();

  /** The connections that were opened, in order. */
  public final List<RedisConnection> connections = new CopyOnWriteArrayList<>();

  /** The Redis clients that were made, in order. */
  public final List<FakeRedis> clients = new CopyOnWriteArrayList<>();

  private final List<EmbeddedChannel> channels = new CopyOnWriteArrayList<>();

  /** The sockets that were requested of a {@link #transport} made here. */
  public final Sockets sockets = new Sockets(this);

  /** For {@link DedicatedConnections.Opener}. */
  public RedisConnection open(RedisConnection.Receiver receiver, Connections.Kind kind) {
    RedisConnection connection =
        new RedisConnection(receiver, MAX_PENDING, RedisConnection.Observer.NONE);
    connections.add(connection);
    channels.add(null);
    return connection;
  }

  /** A transport with these settings that opens its connections here. */
  public Transport transport(String... settings) throws Exception {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    Settings.Redis redis = Configuration.parse(all).redis();
    return call(
        () ->
            new Transport(vertx, redis, new ToRedis(redis)) {
              @Override
              public RedisConnection open(RedisConnection.Receiver receiver) {
                return Loop.this.open(receiver, Connections.Kind.FEED);
              }

              @Override
              public Redis client(RedisOptions options, int database) {
                FakeRedis client = new FakeRedis(Loop.this, options, database);
                clients.add(client);
                return client;
              }

              @Override
              public Future<NetSocket> connect() {
                return sockets.connect();
              }
            });
  }

  /** Runs a task on the event loop, and what it schedules there. */
  public <T> T call(Callable<T> task) throws Exception {
    CompletableFuture<T> done = new CompletableFuture<>();
    context.runOnContext(
        turn -> {
          try {
            T result = task.call();
            context.runOnContext(next -> done.complete(result));
          } catch (Throwable fault) {
            done.completeExceptionally(fault);
          }
        });
    return done.get(10, TimeUnit.SECONDS);
  }

  /** Like {@link #call}, without a result. */
  public void run(Runnable task) throws Exception {
    call(
        () -> {
          task.run();
          return null;
        });
  }

  /** Connects a connection that was opened. */
  public void connect(int index) throws Exception {
    run(
        () -> {
          channels.set(index, new EmbeddedChannel(connections.get(index)));
          connections.get(index).opened();
        });
  }

  /** Makes a connection that was opened fail to connect. */
  public void refuse(int index) throws Exception {
    run(() -> connections.get(index).unreachable(new ConnectException("refused")));
  }

  /** What the server received since the last call. */
  public String sent(int index) throws Exception {
    return call(() -> sent(channels.get(index)));
  }

  /** How many buffers the server received since the last call of {@link #sent(int)}. */
  public int writes(int index) throws Exception {
    return call(() -> channels.get(index).outboundMessages().size());
  }

  /** What was written to a channel since the last call. */
  public static String sent(EmbeddedChannel channel) {
    StringBuilder all = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      all.append(out.toString(StandardCharsets.ISO_8859_1));
      out.release();
    }
    return all.toString().replace("\r\n", " ");
  }

  /** The bytes of a text. */
  public static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text.replace(" ", "\r\n"), StandardCharsets.US_ASCII);
  }

  /** Sends this from the server. */
  public void reply(int index, String replies) throws Exception {
    reply(index, List.of(buffer(replies)));
  }

  /** Sends these from the server in one turn of the event loop. */
  public void reply(int index, List<ByteBuf> data) throws Exception {
    run(() -> data.forEach(channels.get(index)::writeInbound));
  }

  /** Sends one line from the server; a blank in it stays a blank. */
  public void replyLine(int index, String line) throws Exception {
    byte[] bytes = (line + "\r\n").getBytes(StandardCharsets.US_ASCII);
    run(() -> channels.get(index).writeInbound(Unpooled.wrappedBuffer(bytes)));
  }

  /** Closes the connection from the server's side. */
  public void close(int index) throws Exception {
    run(() -> channels.get(index).close());
  }

  /** Checks between two turns, so that a turn that closes the connection has ended. */
  public boolean isOpen(int index) throws Exception {
    return call(() -> channels.get(index).isOpen());
  }

  public boolean isReading(int index) {
    return channels.get(index).config().isAutoRead();
  }

  @Override
  public void close() throws Exception {
    run(() -> connections.forEach(RedisConnection::close));
    for (EmbeddedChannel channel : channels) {
      if (channel != null) {
        channel.finishAndReleaseAll();
      }
    }
    sockets.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
