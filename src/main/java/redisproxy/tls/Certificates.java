package redisproxy.tls;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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

  private static final String KEPT = "new certificates refused, those from before are kept";

  private static final Set<String> VERSIONS = Set.of("TLSv1.2", "TLSv1.3");

  private final String server;
  private final Tls.Server files;
  private final List<Consumer<ServerSSLOptions>> servers = new ArrayList<>();
  private @Nullable ServerSSLOptions current;

  /** What the files held when they were last read, good or not. */
  private @Nullable List<@Nullable Pem> seen;

  /** Why they could not be read the last time, or null. */
  private @Nullable String unreadable;

  /**
   * Those of a server, read from its files, which blocks.
   *
   * @param server as its settings begin: {@code resp}
   * @throws IllegalArgumentException that says which setting is wrong, and why
   */
  Certificates(String server, Tls.Server files) {
    this.server = server;
    this.files = files;
    if (files.isOn()) {
      seen = read();
      current = options(seen);
      try {
        seen.get(0).requireValid();
      } catch (IllegalArgumentException fault) {
        // Not to start would be worse: some clients do not mind.
        warn("clients will not trust this server", fault);
      }
    }
  }

  private List<@Nullable Pem> read() {
    return Arrays.asList(
        Pem.read(server + ".tls.cert", files.cert()),
        Pem.read(server + ".tls.key", files.key()),
        Pem.read(server + ".tls.client-ca", files.clientCa()));
  }

  private static ServerSSLOptions options(List<@Nullable Pem> found) {
    ServerSSLOptions options =
        new ServerSSLOptions()
            .setEnabledSecureTransportProtocols(VERSIONS)
            .setKeyCertOptions(found.get(0).identity(found.get(1)));
    if (found.get(2) != null) {
      options.setTrustOptions(found.get(2).authorities()).setClientAuth(ClientAuth.REQUIRED);
    }
    return options;
  }

  /** Has a server that is about to listen speak TLS, if it is to. */
  public synchronized void applyTo(NetServerOptions options) {
    if (current != null) {
      // A handshake is a millisecond or more of arithmetic: not on an event loop.
      options
          .setSsl(true)
          .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
          .setEnabledSecureTransportProtocols(VERSIONS)
          .setClientAuth(current.getClientAuth())
          .setKeyCertOptions(current.getKeyCertOptions())
          .setTrustOptions(current.getTrustOptions());
    }
  }

  /** Has a server that listens told of new certificates, and of those it may just have missed. */
  public synchronized void follow(
      Context context, Function<ServerSSLOptions, Future<Boolean>> update) {
    if (current != null) {
      Consumer<ServerSSLOptions> told =
          options -> context.runOnContext(turn -> update.apply(options).onFailure(this::notTaken));
      servers.add(told);
      told.accept(current);
    }
  }

  private void notTaken(Throwable failure) {
    warn("certificates not taken", failure);
  }

  /**
   * Reads the files again, which blocks. What is wrong with them is logged, once, and the
   * certificates from before stay.
   */
  synchronized void look() {
    if (current == null) {
      return;
    }
    try {
      List<@Nullable Pem> found = read();
      unreadable = null;
      if (!found.equals(seen)) {
        seen = found;
        renew(found);
      }
    } catch (IllegalArgumentException fault) {
      if (!Objects.equals(fault.getMessage(), unreadable)) {
        unreadable = fault.getMessage();
        warn(KEPT, fault);
      }
    }
  }

  private void renew(List<@Nullable Pem> found) {
    try {
      ServerSSLOptions options = options(found);
      found.get(0).requireValid();
      current = options;
      servers.forEach(told -> told.accept(options));
      LOG.atInfo().addKeyValue(LogKey.SERVER, server).log("certificates read again");
    } catch (IllegalArgumentException fault) {
      warn(KEPT, fault);
    }
  }

  private void warn(String what, Throwable why) {
    LOG.atWarn()
        .addKeyValue(LogKey.SERVER, server)
        .addKeyValue(LogKey.REASON, why.getMessage())
        .log(what);
  }
}
