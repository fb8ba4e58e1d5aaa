package redisproxy.config;

import org.jspecify.annotations.Nullable;

/**
 * How the servers speak TLS, each by itself. Files are named, not read; all are PEM, and null is
 * none.
 */
public record Tls(Server http, Server resp, Server admin) {
  public Tls {
    Contradiction.refuse(TlsContradiction.inServer(SettingsTable.HTTP_TLS, http));
    Contradiction.refuse(TlsContradiction.inServer(SettingsTable.RESP_TLS, resp));
    Contradiction.refuse(TlsContradiction.inServer(SettingsTable.ADMIN_TLS, admin));
  }

  /**
   * TLS of one server.
   *
   * @param cert its certificate and those between it and its CA; null = no TLS
   * @param key the certificate's private key
   * @param clientCa the CAs of the certificates that clients have to show; null = none is asked for
   */
  public record Server(@Nullable String cert, @Nullable String key, @Nullable String clientCa) {
    /** Whether it speaks TLS. */
    public boolean isOn() {
      return cert != null;
    }
  }

  /**
   * TLS to Redis, where its URL asks for it.
   *
   * @param ca the CAs that Redis's certificate may be signed by; null = those of the JVM
   * @param cert the proxy's own certificate, for a Redis that asks for one
   * @param key that certificate's private key
   * @param verifyHost whether Redis's certificate has to be for the host of its URL
   */
  public record Client(
      @Nullable String ca, @Nullable String cert, @Nullable String key, boolean verifyHost) {}
}
