package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.ToRedis;
import redisproxy.upstream.connection.Names;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.load.Link;

/** Host names that {@code redis.url} accepts and {@link java.net.URI} rejects. */
class RedisHostIT {
  private static final String HOSTS = "127.0.0.1 my_redis 3f2a1b trailing-\n";

  private EmbeddedRedis redis;
  private Vertx vertx;

  @BeforeEach
  void start() {
    redis = EmbeddedRedis.start();
  }

  @AfterEach
  void stop() {
    await(vertx.close());
    redis.close();
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Transport transport(String url) {
    // The first connection is slow while other test JVMs start.
    Settings.Redis settings =
        Configuration.parse(Map.of("redis.url", url, "redis.connect-timeout", "10s")).redis();
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setAddressResolverOptions(
                    Names.resolver(settings).setHostsValue(Buffer.buffer(HOSTS))));
    return await(
        onLoop(
            () -> Future.succeededFuture(new Transport(vertx, settings, new ToRedis(settings)))));
  }

  private <T> Future<T> onLoop(Supplier<Future<T>> task) {
    Promise<T> done = Promise.promise();
    vertx.runOnContext(turn -> task.get().onComplete(done));
    return done.future();
  }

  private Future<RedisConnection> link(Transport transport) {
    Promise<RedisConnection> connected = Promise.promise();
    Link.Owner owner =
        new Link.Owner() {
          @Override
          public void connected(RedisConnection connection) {
            connected.tryComplete(connection);
          }

          @Override
          public void down(String reason) {
            connected.tryFail(reason);
          }
        };
    new Link(vertx, transport, 3, 16, System::nanoTime, owner).attempt();
    return connected.future();
  }

  @ParameterizedTest
  @ValueSource(strings = {"my_redis", "MY_REDIS", "3f2a1b", "trailing-"})
  void everyResolvableName_isConnectedTo(String host) {
    Transport transport = transport("redis://" + host + ":" + redis.port());
    RedisConnection connection = await(onLoop(() -> link(transport)));
    String client = await(connection.send(Request.cmd(Command.CLIENT).arg("LIST"))).toString();
    assertTrue(client.contains(" db=3 "), client);
    assertEquals(redis.port(), await(onLoop(transport::connect)).remoteAddress().port());
  }
}
