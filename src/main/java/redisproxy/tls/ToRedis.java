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
 * TLS of the connections to Redis: the options of new connections, and the reasons why a connection
 * fails. {@link #reload} reads the files again. Open connections keep the options they were opened
 * with. Thread-safe.
 */
public final class ToRedis {
  private static final Logger LOG = LoggerFactory.getLogger(ToRedis.class);

  private static final String REFUSAL =
      "new certificates for Redis refused; the previous ones stay in use";

  private static final String MISTRUST = "Redis will not trust the proxy";

  private static final String HANDSHAKE_TIMEOUT =
      "no TLS handshake in time; is this the port of Redis that speaks TLS?";

  private static final String ALERT = "Received fatal alert: ";
  private static final int MAX_DEPTH = 16;

  private final Settings.Redis redis;

  /** Null without TLS. */
  private final @Nullable RenewableOptions<ClientSSLOptions> options;

  /**
   * Reads the files in the settings, which blocks.
   *
   * @throws IllegalArgumentException if a setting is wrong; the message names it and says why
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
          .log(
              "the host name of Redis is not verified; any holder of a certificate from the same CA can pose as Redis");
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

  /** Whether the settings name any file. */
  boolean hasFiles() {
    return redis.tls().ca() != null || redis.tls().cert() != null;
  }

  /**
   * Reads the files again, which blocks. If they are not valid, this is logged once, and the
   * previous options stay in use.
   */
  void reload() {
    if (options != null) {
      options.reload();
    }
  }

  /** The TLS options of a new connection; null without TLS. */
  public @Nullable ClientSSLOptions options() {
    return options == null ? null : options.current();
  }

  /** The TLS engine options of every connection; null without TLS. */
  public @Nullable SSLEngineOptions engine() {
    return redis.endpoint().tls() ? new SniEngineOptions(redis.endpoint().host()) : null;
  }

  /** Configures TLS, if it is on, for a client of Redis. */
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

  /** Why a connection failed. If TLS is the cause, the text names the setting that may fix it. */
  public String reason(Throwable failure) {
    String tlsReason = redis.endpoint().tls() ? tlsReason(redis.tls(), failure) : null;
    return tlsReason == null
        ? String.valueOf(failure.getMessage())
        : "redis.url = \"" + redis.endpoint() + "\": " + tlsReason;
  }

  private static @Nullable String tlsReason(Tls.Client tls, Throwable failure) {
    Throwable cause = failure;
    String reason = null;
    // The innermost cause is the most specific.
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
      String inner = reasonOf(tls, cause);
      reason = inner == null ? reason : inner;
      cause = cause.getCause();
    }
    return reason;
  }

  private static @Nullable String reasonOf(Tls.Client tls, Throwable failure) {
    if (failure instanceof CertificateExpiredException) {
      return "the certificate of Redis has expired; renew it there";
    }
    if (failure instanceof CertificateNotYetValidException) {
      return "the certificate of Redis is not valid yet; set the clocks right";
    }
    if (failure instanceof CertPathBuilderException
        || failure instanceof CertPathValidatorException) {
      return "the certificate of Redis is not signed by a CA in "
          + (tls.ca() == null ? "the JVM's trust store" : "redis.tls.ca = \"" + tls.ca() + "\"")
          + "; name the file of its CA in redis.tls.ca";
    }
    if (failure.getClass() == CertificateException.class) {
      return "the certificate of Redis is for another host ("
          + failure.getMessage()
          + "); use a host that it names, or set redis.tls.verify-host to false";
    }
    if (failure instanceof TimeoutException) {
      // Redis without TLS takes the handshake for a command, and waits for the rest of it.
      return HANDSHAKE_TIMEOUT;
    }
    return failure instanceof SSLException ? ofHandshake(tls, failure) : null;
  }

  private static String ofHandshake(Tls.Client tls, Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (message.contains(ALERT)) {
      String alert = message.substring(message.indexOf(ALERT) + ALERT.length());
      return "Redis refuses TLS with the proxy ("
          + alert
          + "); it may require a certificate: redis.tls.cert "
          + (tls.cert() == null ? "names none" : "= \"" + tls.cert() + "\"");
    }
    if (failure instanceof NotSslRecordException) {
      return "the server does not speak TLS at this port; use redis://, or the TLS port";
    }
    return failure instanceof SslHandshakeTimeoutException
        ? HANDSHAKE_TIMEOUT
        : "the TLS handshake failed (" + message + ")";
  }
}
