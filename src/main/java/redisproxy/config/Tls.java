package redisproxy.config;

import org.jspecify.annotations.Nullable;

/** TLS of each server. Holds the names of PEM files and does not read them; null = no file. */
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
   * @param clientCa the CAs of the certificates that clients must show; null = no certificate is
   *     required
   */
  public record Server(@Nullable String cert, @Nullable String key, @Nullable String clientCa) {
    /** Whether the server uses TLS. */
    public boolean isOn() {
      return cert != null;
    }
  }

  /**
   * TLS to Redis, if the URL is rediss://.
   *
   * @param ca the CAs that may sign Redis's certificate; null = those of the JVM
   * @param cert the proxy's own certificate, for a Redis that asks for one
   * @param key that certificate's private key
   * @param verifyHost whether Redis's certificate must be for the host of its URL
   */
  public record Client(
      @Nullable String ca, @Nullable String cert, @Nullable String key, boolean verifyHost) {}
}
