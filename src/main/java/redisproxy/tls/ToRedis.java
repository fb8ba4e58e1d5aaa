package redisproxy.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.config.Tls;
import redisproxy.log.LogKey;

/** TLS of the connections to Redis. */
public final class ToRedis {
  private static final Logger LOG = LoggerFactory.getLogger(ToRedis.class);

  private static final String SILENT =
      "no TLS handshake in time; is this the port of Redis that speaks TLS?";

  private static final String ALERT = "Received fatal alert: ";
  private static final int MAX_DEPTH = 16;

  private ToRedis() {}

  /**
   * Reads the files that are named, to see whether they will do, which blocks.
   *
   * @throws IllegalArgumentException that says which setting is wrong, and why
   */
  public static void check(Settings.Redis redis) {
    Tls.Client tls = redis.tls();
    Pem ca = Pem.read("redis.tls.ca", tls.ca());
    if (ca != null) {
      ca.authorities();
    }
    Pem cert = Pem.read("redis.tls.cert", tls.cert());
    Pem key = Pem.read("redis.tls.key", tls.key());
    if (cert != null && key != null) {
      cert.identity(key);
    }
    if (redis.endpoint().tls() && !tls.verifyHost()) {
      LOG.atWarn()
          .addKeyValue(LogKey.REDIS, redis.endpoint())
          .addKeyValue(LogKey.REMEDY, "set redis.tls.verify-host to true")
          .log("whoever has any certificate of the same CA can pose as Redis");
    }
  }

  /** Has a client speak TLS, if the URL of Redis says so. */
  public static void applyTo(NetClientOptions options, Settings.Redis redis) {
    Tls.Client tls = redis.tls();
    if (!redis.endpoint().tls()) {
      return;
    }
    options
        .setSsl(true)
        .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
        .setHostnameVerificationAlgorithm(tls.verifyHost() ? "HTTPS" : "")
        .setSslHandshakeTimeout(redis.connectTimeout().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    if (tls.ca() != null) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(tls.ca()));
    }
    if (tls.cert() != null) {
      options.setKeyCertOptions(
          new PemKeyCertOptions().addCertPath(tls.cert()).addKeyPath(tls.key()));
    }
  }

  /** Why there is no connection; where TLS is to blame, with the setting that may mend it. */
  public static String reason(Settings.Redis redis, Throwable failure) {
    String words = redis.endpoint().tls() ? words(redis, failure) : null;
    return words == null
        ? String.valueOf(failure.getMessage())
        : "redis.url = \"" + redis.endpoint() + "\": " + words;
  }

  private static @Nullable String words(Settings.Redis redis, Throwable failure) {
    Throwable of = failure;
    String words = null;
    // The innermost says most.
    for (int depth = 0; of != null && depth < MAX_DEPTH; depth++) {
      String more = wordsFor(redis.tls(), of);
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
