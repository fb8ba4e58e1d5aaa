package redisproxy.config;

import java.util.List;

/**
 * The settings that name the TLS files of one server, or of the connection to Redis.
 *
 * @param ca the CAs that may sign the peer's certificate
 */
record TlsRows(Setting<String> cert, Setting<String> key, Setting<String> ca) {
  static TlsRows ofServer(String server) {
    return new TlsRows(
        row(server + ".tls.cert", "PEM file: certificate and chain; empty = no TLS"),
        row(server + ".tls.key", "PEM file: the certificate's private key"),
        row(server + ".tls.client-ca", "PEM file: clients must show a certificate of these CAs"));
  }

  static TlsRows ofRedis() {
    return new TlsRows(
        row("redis.tls.cert", "PEM file: the proxy's certificate, if Redis asks for one"),
        row("redis.tls.key", "PEM file: that certificate's private key"),
        row("redis.tls.ca", "PEM file: CAs of Redis's certificate; empty = the JVM's"));
  }

  /** In the order of the manual. */
  List<Setting<String>> all() {
    return List.of(cert, key, ca);
  }

  private static Setting<String> row(String path, String description) {
    return new Setting<>(path, ValueType.text(), "", description, false);
  }
}
