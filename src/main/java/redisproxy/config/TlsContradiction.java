package redisproxy.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@linkplain Contradiction Contradictions} among the TLS settings. */
final class TlsContradiction {
  private TlsContradiction() {}

  static List<Contradiction> inServer(TlsRows rows, Tls.Server tls) {
    List<Contradiction> found = inIdentity(rows, tls.cert(), tls.key());
    if (tls.clientCa() != null && !tls.isOn()) {
      // Without TLS the port would let clients in without a certificate.
      found.add(needs(rows.ca(), rows.cert()));
    }
    return found;
  }

  static List<Contradiction> inRedis(Settings.Endpoint endpoint, Tls.Client tls) {
    TlsRows rows = SettingsTable.REDIS_TLS;
    List<Contradiction> found = inIdentity(rows, tls.cert(), tls.key());
    if (!endpoint.tls() && (tls.ca() != null || tls.cert() != null)) {
      Setting<String> set = tls.ca() != null ? rows.ca() : rows.cert();
      found.add(
          new Contradiction(
              set.path()
                  + " is set and redis.url begins with redis://, which means no TLS: write"
                  + " rediss://, or leave "
                  + set.path()
                  + " out",
              List.of(set, SettingsTable.REDIS_URL)));
    }
    if (endpoint.tls() && tls.verifyHost() && !HostName.isVerifiable(endpoint.host())) {
      found.add(
          new Contradiction(
              "redis.url names the host \""
                  + endpoint.host()
                  + "\", and Java cannot verify a certificate for a name with _: give Redis a second"
                  + " name without one (a network alias) and write that, or set"
                  + " redis.tls.verify-host to false",
              List.of(SettingsTable.REDIS_URL, SettingsTable.REDIS_TLS_VERIFY_HOST)));
    }
    return found;
  }

  private static List<Contradiction> inIdentity(
      TlsRows rows, @Nullable String cert, @Nullable String key) {
    List<Contradiction> found = new ArrayList<>();
    if (cert != null && key == null) {
      found.add(needs(rows.cert(), rows.key()));
    } else if (cert == null && key != null) {
      found.add(needs(rows.key(), rows.cert()));
    }
    return found;
  }

  private static Contradiction needs(Setting<String> set, Setting<String> missing) {
    return new Contradiction(
        set.path() + " is set and " + missing.path() + " is not: set both or neither",
        List.of(set, missing));
  }
}
