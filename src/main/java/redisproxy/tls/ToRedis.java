package redisproxy.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.SSLEngineOptions;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.config.Tls;
import redisproxy.log.LogKey;

/**
 * TLS of the connections to Redis: how it is spoken by the next that is made, and what is wrong
 * when none can be. {@link #look} reads the files again; who is connected keeps what it was
 * connected with. For use by any thread.
 */
public final class ToRedis {
  private static final Logger LOG = LoggerFactory.getLogger(ToRedis.class);

  private static final String REFUSAL =
      "new certificates for Redis refused, those from before are kept";

  private static final String MISTRUST = "Redis will not trust the proxy";

  private static final String SILENT =
      "no TLS handshake in time; is this the port of Redis that speaks TLS?";

  private static final String ALERT = "Received fatal alert: ";
  private static final int MAX_DEPTH = 16;

  private final Settings.Redis redis;

  /** Null without TLS. */
  private final @Nullable RenewableOptions<ClientSSLOptions> options;

  /**
   * Reads the files that are named, which blocks.
   *
   * @throws IllegalArgumentException that says which setting is wrong, and why
   */
  public ToRedis(Settings.Redis redis) {
    this.redis = redis;
    this.options =
        redis.endpoint().tls()
            ? new RenewableOptions<>("redis", REFUSAL, MISTRUST, this::read, this::options)
            : null;
    if (redis.endpoint().tls() && !redis.tls().verifyHost()) {
      LOG.atWarn()
          .addKeyValue(LogKey.REDIS, redis.endpoint())
          .addKeyValue(LogKey.REMEDY, "set redis.tls.verify-host to true")
          .log("whoever has any certificate of the same CA can pose as Redis");
    }
  }

  private PemFiles read() {
    Tls.Client files = redis.tls();
    return new PemFiles(
        Pem.read("redis.tls.cert", files.cert()),
        Pem.read("redis.tls.key", files.key()),
        Pem.read("redis.tls.ca", files.ca()));
  }

  private ClientSSLOptions options(PemFiles files) {
    return files
        .applyTo(new ClientSSLOptions())
        .setHostnameVerificationAlgorithm(redis.tls().verifyHost() ? "HTTPS" : "")
        .setSslHandshakeTimeout(redis.connectTimeout().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
  }

  /** Whether there is anything to look at. */
  boolean hasFiles() {
    return redis.tls().ca() != null || redis.tls().cert() != null;
  }

  /**
   * Reads the files again, which blocks. What is wrong with them is logged, once, and those from
   * before stay.
   */
  void look() {
    if (options != null) {
      options.look();
    }
  }

  /** How a connection that is made now speaks TLS; null where it is to speak none. */
  public @Nullable ClientSSLOptions options() {
    return options == null ? null : options.current();
  }

  /** The TLS engine of every connection; null where none is to speak TLS. */
  public @Nullable SSLEngineOptions engine() {
    return redis.endpoint().tls() ? new SniEngineOptions(redis.endpoint().host()) : null;
  }

  /** Has a client speak TLS that way, if it is to. */
  public void applyTo(NetClientOptions client) {
    ClientSSLOptions current = options();
    if (current != null) {
      client
          .setSsl(true)
          .setEnabledSecureTransportProtocols(current.getEnabledSecureTransportProtocols())
          .setHostnameVerificationAlgorithm(current.getHostnameVerificationAlgorithm())
          .setSslHandshakeTimeout(current.getSslHandshakeTimeout())
          .setSslHandshakeTimeoutUnit(current.getSslHandshakeTimeoutUnit())
          .setKeyCertOptions(current.getKeyCertOptions())
          .setTrustOptions(current.getTrustOptions());
    }
  }

  /** Why there is no connection; where TLS is to blame, with the setting that may mend it. */
  public String reason(Throwable failure) {
    String words = redis.endpoint().tls() ? words(redis.tls(), failure) : null;
    return words == null
        ? String.valueOf(failure.getMessage())
        : "redis.url = \"" + redis.endpoint() + "\": " + words;
  }

  private static @Nullable String words(Tls.Client tls, Throwable failure) {
    Throwable of = failure;
    String words = null;
    // The innermost says most.
    for (int depth = 0; of != null && depth < MAX_DEPTH; depth++) {
      String more = wordsFor(tls, of);
      words = more == null ? words : more;
      of = of.getCause();
    }
    return words;
  }

  private static @Nullable String wordsFor(Tls.Client tls, Throwable failure) {
    if (failure instanceof CertificateExpiredException) {
      return "the certificate of Redis has expired; renew it there";
    }
    if (failure instanceof CertificateNotYetValidException) {
      return "the certificate of Redis is not valid yet; set the clocks right";
    }
    if (failure instanceof CertPathBuilderException
        || failure instanceof CertPathValidatorException) {
      return "the certificate of Redis is not of a CA in "
          + (tls.ca() == null ? "the JVM's trust store" : "redis.tls.ca = \"" + tls.ca() + "\"")
          + "; name the file of its CA in redis.tls.ca";
    }
    if (failure.getClass() == CertificateException.class) {
      return "the certificate of Redis is for another host ("
          + failure.getMessage()
          + "); write a host it is for, or set redis.tls.verify-host to false";
    }
    if (failure instanceof TimeoutException) {
      // A Redis without TLS waits for the end of what it takes for a command.
      return SILENT;
    }
    return failure instanceof SSLException ? ofHandshake(tls, failure) : null;
  }

  private static String ofHandshake(Tls.Client tls, Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (message.contains(ALERT)) {
      String alert = message.substring(message.indexOf(ALERT) + ALERT.length());
      return "Redis refuses TLS with the proxy ("
          + alert
          + "); it may want a certificate: redis.tls.cert "
          + (tls.cert() == null ? "names none" : "= \"" + tls.cert() + "\"");
    }
    if (failure instanceof NotSslRecordException) {
      return "what answers does not speak TLS; write redis://, or the port that does";
    }
    return failure instanceof SslHandshakeTimeoutException
        ? SILENT
        : "the TLS handshake failed (" + message + ")";
  }
}
