package redisproxy.tls;

import io.vertx.core.net.SSLOptions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The PEM files of one end of TLS, as they are at one moment; null where none is named.
 *
 * @param cert its certificate and those between it and its CA; never without its key
 * @param key the certificate's private key
 * @param ca the CAs of the certificates that the other end shows
 */
record PemFiles(@Nullable Pem cert, @Nullable Pem key, @Nullable Pem ca) {
  private static final Set<String> VERSIONS = Set.of("TLSv1.2", "TLSv1.3");

  /**
   * Has TLS spoken with these.
   *
   * @throws IllegalArgumentException that says which setting is wrong, and why
   */
  <T extends SSLOptions> T applyTo(T options) {
    options.setEnabledSecureTransportProtocols(VERSIONS);
    if (cert != null && key != null) {
      options.setKeyCertOptions(cert.identity(key));
    }
    if (ca != null) {
      options.setTrustOptions(ca.authorities());
    }
    return options;
  }

  /** Refuses a certificate that is not valid now. */
  void requireValid() {
    if (cert != null) {
      cert.requireValid();
    }
  }
}
