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
 * The listening sockets of one server: one socket for a host, but two for {@code localhost}. These
 * are 127.0.0.1 and ::1 at the same port, because a client that resolves {@code localhost} may try
 * either. Belongs to one event loop.
 */
public final class Listeners {
  /** The host that stands for both loopback addresses. */
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

  /** All addresses of a host in the settings. A machine may lack the second. */
  public static List<String> addresses(String host) {
    return host.equalsIgnoreCase(LOCALHOST) ? List.of(LOOPBACK_4, LOOPBACK_6) : List.of(host);
  }

  /**
   * The name of a server that listens on this address. All loopback addresses with the same port
   * share one name, because {@code localhost} is two of them.
   */
  static String sharedName(InetSocketAddress listening) {
    InetAddress address = listening.getAddress();
    String host = address.isLoopbackAddress() ? LOCALHOST : address.getHostAddress();
    return host + "/" + listening.getPort();
  }

  /** For a TCP server. The supplier makes servers that do not listen yet. */
  public static Listeners ofTcp(Supplier<NetServer> maker) {
    return new Listeners(() -> new Tcp(maker.get()), LOOPBACK_4, LOOPBACK_6);
  }

  /** For an HTTP server. The supplier makes servers that do not listen yet. */
  public static Listeners ofHttp(Supplier<HttpServer> maker) {
    return new Listeners(() -> new Http(maker.get()), LOOPBACK_4, LOOPBACK_6);
  }

  /**
   * Listens. On a machine without IPv6, {@code localhost} is 127.0.0.1 alone. On any other machine
   * both addresses must work.
   *
   * @param port as in Vert.x: 0 or a negative number means any free port
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

  /** Whether this machine has the address. If so, a failure to listen has another cause. */
  private static boolean isThere(String address) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(address, 0));
      return true;
    } catch (IOException | IllegalArgumentException none) {
      return false;
    }
  }

  /** The port that the server listens on. It differs from the requested port if that was 0. */
  public int port() {
    return listening.get(0).port();
  }

  /** Uses new TLS options for all clients that connect from now on, at all addresses. */
  public Future<Boolean> updateSslOptions(ServerSSLOptions options) {
    return ofAll(listener -> listener.updateSslOptions(options)).map(true);
  }

  /** Stops listening at all addresses, and waits this long for clients to disconnect. */
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
