package redisproxy.tls;

import io.vertx.core.net.SSLOptions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The PEM files of one side of TLS, with their content at one moment. A file that no setting names
 * is null.
 *
 * @param cert the certificate with its chain up to the CA; always with a key
 * @param key the certificate's private key
 * @param ca the CAs that the other side's certificate is checked against
 */
record PemFiles(@Nullable Pem cert, @Nullable Pem key, @Nullable Pem ca) {
  private static final Set<String> VERSIONS = Set.of("TLSv1.2", "TLSv1.3");

  /**
   * Sets these files on TLS options.
   *
   * @throws IllegalArgumentException if a setting is wrong; the message names it and says why
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
