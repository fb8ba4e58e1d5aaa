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
 * The certificates of one server, shared by its instances. {@link #look} reads the files again; who
 * is connected keeps what it was connected with. For use by any thread.
 */
public final class Certificates {
  private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);

  private static final String REFUSAL = "new certificates refused, those from before are kept";
  private static final String MISTRUST = "clients will not trust this server";

  private final String server;
  private final List<Consumer<ServerSSLOptions>> servers = new ArrayList<>();

  /** Null without TLS. */
  private final @Nullable RenewableOptions<ServerSSLOptions> options;

  /**
   * Those of a server, read from its files, which blocks.
   *
   * @param server as its settings begin: {@code resp}
   * @throws IllegalArgumentException that says which setting is wrong, and why
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

  /** Has a server that is about to listen speak TLS, if it is to. */
  public void applyTo(NetServerOptions server) {
    if (options != null) {
      ServerSSLOptions current = options.current();
      // A handshake is a millisecond or more of arithmetic: not on an event loop.
      server
          .setSsl(true)
          .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
          .setEnabledSecureTransportProtocols(current.getEnabledSecureTransportProtocols())
          .setClientAuth(current.getClientAuth())
          .setKeyCertOptions(current.getKeyCertOptions())
          .setTrustOptions(current.getTrustOptions());
    }
  }

  /** Has a server that listens told of new certificates, and of those it may just have missed. */
  public synchronized void follow(
      Context context, Function<ServerSSLOptions, Future<Boolean>> update) {
    if (options != null) {
      Consumer<ServerSSLOptions> told =
          news -> context.runOnContext(turn -> update.apply(news).onFailure(this::notTaken));
      servers.add(told);
      told.accept(options.current());
    }
  }

  private void notTaken(Throwable failure) {
    LOG.atWarn()
        .addKeyValue(LogKey.SERVER, server)
        .addKeyValue(LogKey.REASON, failure.getMessage())
        .log("certificates not taken");
  }

  /**
   * Reads the files again, which blocks. What is wrong with them is logged, once, and the
   * certificates from before stay.
   */
  synchronized void look() {
    if (options != null && options.look()) {
      ServerSSLOptions news = options.current();
      servers.forEach(told -> told.accept(news));
    }
  }
}
