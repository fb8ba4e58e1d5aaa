package redisproxy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings that are each allowed but not together.
 *
 * @param settings those to change, any of which makes it right
 */
record Contradiction(String text, List<Setting<?>> settings) {
  private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::");

  /** Thrown by a record that would not be valid. */
  static final class Refusal extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;
    private final transient List<Contradiction> contradictions;

    private Refusal(List<Contradiction> contradictions) {
      super(String.join("\n", contradictions.stream().map(Contradiction::text).toList()));
      this.contradictions = contradictions;
    }

    List<Contradiction> contradictions() {
      return contradictions;
    }
  }

  static void refuse(List<Contradiction> contradictions) {
    if (!contradictions.isEmpty()) {
      throw new Refusal(contradictions);
    }
  }

  static List<Contradiction> inSizes(long maxBytes, int maxValueBytes) {
    if (maxValueBytes <= maxBytes) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "a value of cache.max-value-bytes ("
                + maxValueBytes
                + " bytes) does not fit into cache.max-bytes ("
                + maxBytes
                + " bytes): lower the first or raise the second",
            List.of(SettingsTable.CACHE_MAX_VALUE_BYTES, SettingsTable.CACHE_MAX_BYTES)));
  }

  static List<Contradiction> inCredentials(@Nullable String username, @Nullable Secret password) {
    if (username == null || password != null) {
      return List.of();
    }
    // Without a password no AUTH is sent, and Redis would take the proxy for its default user.
    return List.of(
        new Contradiction(
            "a Redis user without a password: set redis.password as well (any text will do for a"
                + " user with nopass)",
            List.of(
                SettingsTable.REDIS_USERNAME,
                SettingsTable.REDIS_PASSWORD,
                SettingsTable.REDIS_URL)));
  }

  static List<Contradiction> inJudgement(Settings.Auth.Mode mode, @Nullable Secret password) {
    if (mode == Settings.Auth.Mode.OWN || password == null) {
      return List.of();
    }
    // It would be asked of nobody.
    return List.of(
        new Contradiction(
            "auth.password is set and auth.mode is redis, where Redis judges clients: set auth.mode"
                + " to own or leave the password out",
            List.of(SettingsTable.AUTH_MODE, SettingsTable.AUTH_PASSWORD)));
  }

  /** Where the proxy judges and asks for no password, only this machine may reach it. */
  static List<Contradiction> inExposure(
      Settings.Auth auth, Settings.Http http, Settings.Resp resp) {
    List<Contradiction> found = new ArrayList<>();
    if (auth.isOwn() && auth.password() == null) {
      if (http.enabled()) {
        exposure(SettingsTable.HTTP_HOST, http.host(), found);
      }
      if (resp.enabled()) {
        exposure(SettingsTable.RESP_HOST, resp.host(), found);
      }
    }
    return found;
  }

  /** Whoever else reaches the admin port must have been told its token. */
  static List<Contradiction> inAdmin(boolean enabled, String host, @Nullable Secret token) {
    if (!enabled || token != null || Loopback.is(host)) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "admin.host = "
                + SettingsTable.ADMIN_HOST.quote(host)
                + " without admin.token: whoever reaches it would see and change how the proxy runs;"
                + " set admin.token (ADMIN_TOKEN, ADMIN_TOKEN_FILE), or the host to localhost",
            List.of(SettingsTable.ADMIN_HOST, SettingsTable.ADMIN_TOKEN)));
  }

  private static void exposure(Setting<String> setting, String host, List<Contradiction> found) {
    if (!Loopback.is(host)) {
      found.add(
          new Contradiction(
              setting.path()
                  + " = "
                  + setting.quote(host)
                  + " with auth.mode = own and no auth.password: whoever reaches it would act as the"
                  + " proxy's Redis user; set auth.password (or AUTH_PASSWORD), or the host to"
                  + " localhost",
              List.of(setting, SettingsTable.AUTH_MODE)));
    }
  }

  /** Nobody is asked for a password there, so values are for this machine only. */
  static List<Contradiction> inShowing(Dashboard dashboard, Settings.Admin admin) {
    if (!dashboard.showValues() || !admin.enabled() || Loopback.is(admin.host())) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "dashboard.show-values is true and admin.host is "
                + SettingsTable.ADMIN_HOST.quote(admin.host())
                + ": whoever reaches it would read values without a password; set admin.host to"
                + " localhost, or leave values out",
            List.of(SettingsTable.DASHBOARD_SHOW_VALUES, SettingsTable.ADMIN_HOST)));
  }

  /** Without a tunnel a client has no way to log in to Redis, and would read all the same. */
  static List<Contradiction> inReaders(
      Settings.Auth auth, Settings.Redis redis, Settings.Resp resp) {
    if (auth.isOwn() || redis.password() == null || !resp.enabled() || resp.tunnel()) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "resp.tunnel is false and auth.mode is redis, where clients log in through their tunnel:"
                + " whoever reaches RESP would read as the proxy's Redis user, without redis.password;"
                + " set auth.mode to own, or resp.tunnel to true",
            List.of(SettingsTable.RESP_TUNNEL, SettingsTable.AUTH_MODE)));
  }

  /** Redis refuses prefixes of which one begins with another. */
  static List<Contradiction> inPrefixes(List<String> prefixes) {
    List<Contradiction> found = new ArrayList<>();
    for (int i = 0; i < prefixes.size(); i++) {
      for (int j = 0; j < prefixes.size(); j++) {
        // Of two equal ones each begins with the other: one fault is enough.
        boolean equal = prefixes.get(i).equals(prefixes.get(j));
        if (i != j && prefixes.get(j).startsWith(prefixes.get(i)) && (!equal || i < j)) {
          found.add(overlap(prefixes.get(i), prefixes.get(j)));
        }
      }
    }
    return found;
  }

  private static Contradiction overlap(String prefix, String longer) {
    return new Contradiction(
        "coherence.prefixes overlap, which Redis refuses: "
            + Setting.quoted(longer)
            + " begins with "
            + Setting.quoted(prefix)
            + ": remove one of them",
        List.of(SettingsTable.COHERENCE_PREFIXES));
  }

  static List<Contradiction> among(Settings.Http http, Settings.Resp resp, Settings.Admin admin) {
    List<Contradiction> found = new ArrayList<>();
    if (!http.enabled() && !resp.enabled()) {
      found.add(
          new Contradiction(
              "http.enabled and resp.enabled are both false: enable at least one",
              List.of(SettingsTable.HTTP_ENABLED, SettingsTable.RESP_ENABLED)));
    }
    List<Listener> listeners = new ArrayList<>();
    if (http.enabled()) {
      listeners.add(
          new Listener(http.host(), SettingsTable.HTTP_HOST, http.port(), SettingsTable.HTTP_PORT));
    }
    if (resp.enabled()) {
      listeners.add(
          new Listener(resp.host(), SettingsTable.RESP_HOST, resp.port(), SettingsTable.RESP_PORT));
    }
    if (admin.enabled()) {
      listeners.add(
          new Listener(
              admin.host(), SettingsTable.ADMIN_HOST, admin.port(), SettingsTable.ADMIN_PORT));
    }
    for (int i = 0; i < listeners.size(); i++) {
      for (Listener other : listeners.subList(i + 1, listeners.size())) {
        listeners.get(i).collision(other, found);
      }
    }
    return found;
  }

  private record Listener(
      String host, Setting<String> hostSetting, int port, Setting<Integer> portSetting) {

    void collision(Listener other, List<Contradiction> found) {
      boolean sameHost =
          host.equalsIgnoreCase(other.host)
              || WILDCARDS.contains(host)
              || WILDCARDS.contains(other.host)
              || Loopback.isEither(host, other.host)
              || Loopback.isEither(other.host, host);
      if (port == 0 || port != other.port || !sameHost) {
        return;
      }
      found.add(
          new Contradiction(
              portSetting.path()
                  + " and "
                  + other.portSetting.path()
                  + " are both "
                  + port
                  + " on the same host: give one of them another port",
              List.of(portSetting, other.portSetting, hostSetting, other.hostSetting)));
    }
  }
}
