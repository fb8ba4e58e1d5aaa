package redisproxy.accept;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The listening sockets of one server. There is one for each host, but two for {@code localhost}:
 * 127.0.0.1 and ::1, at the same port, because clients look that name up and may try either.
 * Belongs to one event loop.
 */
public final class Listeners {
  /** The host that means both loopbacks. */
  public static final String LOCALHOST = "localhost";

  private static final String LOOPBACK_4 = "127.0.0.1";
  private static final String LOOPBACK_6 = "::1";

  private final Supplier<Listener> maker;
  private final String loopback4;
  private final String loopback6;
  private final List<Listener> listening = new ArrayList<>();

  /** What a {@link NetServer} and an {@link HttpServer} have in common. */
  interface Listener {
    Future<?> listen(int port, String host);

    int port();

    Future<Boolean> updateSslOptions(ServerSSLOptions options);

    Future<Void> shutdown(long timeout, TimeUnit unit);
  }

  Listeners(Supplier<Listener> maker, String loopback4, String loopback6) {
    this.maker = maker;
    this.loopback4 = loopback4;
    this.loopback6 = loopback6;
  }

  /** All addresses that a host of the settings means; a machine may lack the second. */
  public static List<String> addresses(String host) {
    return host.equalsIgnoreCase(LOCALHOST) ? List.of(LOOPBACK_4, LOOPBACK_6) : List.of(host);
  }

  /**
   * Names a server by an address that it listens on. All loopback addresses of a port have one
   * name, because {@code localhost} is two of them.
   */
  static String sharedName(InetSocketAddress listening) {
    InetAddress address = listening.getAddress();
    String host = address.isLoopbackAddress() ? LOCALHOST : address.getHostAddress();
    return host + "/" + listening.getPort();
  }

  /** Those of a TCP server; the supplier makes one that does not listen yet. */
  public static Listeners ofTcp(Supplier<NetServer> maker) {
    return new Listeners(() -> new Tcp(maker.get()), LOOPBACK_4, LOOPBACK_6);
  }

  /** Those of an HTTP server; the supplier makes one that does not listen yet. */
  public static Listeners ofHttp(Supplier<HttpServer> maker) {
    return new Listeners(() -> new Http(maker.get()), LOOPBACK_4, LOOPBACK_6);
  }

  /**
   * Listens. Without IPv6 on this machine {@code localhost} is 127.0.0.1 alone; otherwise both
   * addresses are needed.
   *
   * @param port as Vert.x takes it: 0, and what is below, is any free port
   */
  public Future<Void> listen(String host, int port) {
    if (!host.equalsIgnoreCase(LOCALHOST)) {
      return add(host, port).mapEmpty();
    }
    return add(loopback4, port)
        .recover(failure -> at(loopback4, failure))
        .compose(
            first ->
                add(loopback6, first.port())
                    .<Void>mapEmpty()
                    .recover(
                        failure ->
                            isThere(loopback6)
                                ? shutdown(0, TimeUnit.SECONDS)
                                    .transform(over -> at(loopback6, failure))
                                : Future.succeededFuture()));
  }

  private Future<Listener> add(String host, int port) {
    Listener listener = maker.get();
    return listener.listen(port, host).map(listener).onSuccess(listening::add);
  }

  private static <T> Future<T> at(String address, Throwable failure) {
    return Future.failedFuture(new IOException(address + ": " + failure.getMessage(), failure));
  }

  /** Whether this machine has an address: then something else is wrong with a port of it. */
  private static boolean isThere(String address) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(address, 0));
      return true;
    } catch (IOException | IllegalArgumentException none) {
      return false;
    }
  }

  /** The port listened on, which is not the one asked for when that was any. */
  public int port() {
    return listening.get(0).port();
  }

  /** Renews how TLS is spoken with clients that connect from now on, at all addresses. */
  public Future<Boolean> updateSslOptions(ServerSSLOptions options) {
    return ofAll(listener -> listener.updateSslOptions(options)).map(true);
  }

  /** Stops listening at all addresses, and gives clients this long to go. */
  public Future<Void> shutdown(long timeout, TimeUnit unit) {
    return ofAll(listener -> listener.shutdown(timeout, unit));
  }

  private Future<Void> ofAll(Function<Listener, Future<?>> action) {
    return Future.join(listening.stream().map(action).toList()).mapEmpty();
  }

  record Tcp(NetServer server) implements Listener {
    @Override
    public Future<?> listen(int port, String host) {
      return server.listen(port, host);
    }

    @Override
    public int port() {
      return server.actualPort();
    }

    @Override
    public Future<Boolean> updateSslOptions(ServerSSLOptions options) {
      return server.updateSSLOptions(options);
    }

    @Override
    public Future<Void> shutdown(long timeout, TimeUnit unit) {
      return server.shutdown(timeout, unit);
    }
  }

  record Http(HttpServer server) implements Listener {
    @Override
    public Future<?> listen(int port, String host) {
      return server.listen(port, host);
    }

    @Override
    public int port() {
      return server.actualPort();
    }

    @Override
    public Future<Boolean> updateSslOptions(ServerSSLOptions options) {
      return server.updateSSLOptions(options);
    }

    @Override
    public Future<Void> shutdown(long timeout, TimeUnit unit) {
      return server.shutdown(timeout, unit);
    }
  }
}
