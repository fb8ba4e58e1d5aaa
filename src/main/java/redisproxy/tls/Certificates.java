package redisproxy.tls;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Tls;
import redisproxy.log.LogKey;

/**
 * The certificates of one server, shared by its instances. {@link #reload} reads the files again.
 * Open connections keep the certificate they were opened with. Thread-safe.
 */
public final class Certificates {
  private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);

  private static final String REFUSAL = "new certificates refused; the previous ones stay in use";
  private static final String MISTRUST = "clients will not trust this server";

  private final String server;
  private final List<Consumer<ServerSSLOptions>> listeners = new ArrayList<>();

  /** Null without TLS. */
  private final @Nullable RenewableOptions<ServerSSLOptions> options;

  /**
   * Reads the files of a server, which blocks.
   *
   * @param server the prefix of its settings, such as {@code resp}
   * @throws IllegalArgumentException if a setting is wrong; the message names it and says why
   */
  Certificates(String server, Tls.Server files) {
    this.server = server;
    this.options =
        files.isOn()
            ? new RenewableOptions<>(
                server, REFUSAL, MISTRUST, () -> read(server, files), Certificates::options)
            : null;
  }

  private static PemFiles read(String server, Tls.Server files) {
    return new PemFiles(
        Pem.read(server + ".tls.cert", files.cert()),
        Pem.read(server + ".tls.key", files.key()),
        Pem.read(server + ".tls.client-ca", files.clientCa()));
  }

  private static ServerSSLOptions options(PemFiles files) {
    return files
        .applyTo(new ServerSSLOptions())
        .setClientAuth(files.ca() == null ? ClientAuth.NONE : ClientAuth.REQUIRED);
  }

  /** Configures TLS, if it is on, for a server that does not listen yet. */
  public void applyTo(NetServerOptions server) {
    if (options != null) {
      ServerSSLOptions current = options.current();
      // A handshake takes a millisecond or more of CPU time, too long for an event loop.
      server
          .setSsl(true)
          .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
          .setEnabledSecureTransportProtocols(current.getEnabledSecureTransportProtocols())
          .setClientAuth(current.getClientAuth())
          .setKeyCertOptions(current.getKeyCertOptions())
          .setTrustOptions(current.getTrustOptions());
    }
  }

  /**
   * Gives new certificates to a listening server from now on. Gives it the current ones at once,
   * because they may have changed since {@link #applyTo}.
   */
  public synchronized void follow(
      Context context, Function<ServerSSLOptions, Future<Boolean>> update) {
    if (options != null) {
      Consumer<ServerSSLOptions> listener =
          renewed ->
              context.runOnContext(turn -> update.apply(renewed).onFailure(this::notApplied));
      listeners.add(listener);
      listener.accept(options.current());
    }
  }

  private void notApplied(Throwable failure) {
    LOG.atWarn()
        .addKeyValue(LogKey.SERVER, server)
        .addKeyValue(LogKey.REASON, failure.getMessage())
        .log("new certificates not applied");
  }

  /**
   * Reads the files again, which blocks. If they are not valid, this is logged once, and the
   * previous certificates stay in use.
   */
  synchronized void reload() {
    if (options != null && options.reload()) {
      ServerSSLOptions renewed = options.current();
      listeners.forEach(listener -> listener.accept(renewed));
    }
  }
}
