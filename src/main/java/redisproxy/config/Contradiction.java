package redisproxy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings that are each valid but contradict each other.
 *
 * @param settings the settings involved; changing any one of them can resolve it
 */
record Contradiction(String text, List<Setting<?>> settings) {
  private static final Set<String> NEVER_CACHED =
      Set.of(
          ("ttl pttl httl hpttl object xpending xinfo srandmember hrandfield zrandmember randomkey"
                  + " scan sscan hscan zscan keys dbsize xread dump memory touch debug sort sort_ro"
                  + " lolwut eval_ro evalsha_ro fcall_ro pfcount watch")
              .split(" "));

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
    // Without a password the proxy sends no AUTH, and would act as Redis's default user.
    return List.of(
        new Contradiction(
            "a Redis user without a password: set redis.password as well (any text will do for a"
                + " user with nopass)",
            List.of(
                SettingsTable.REDIS_USERNAME,
                SettingsTable.REDIS_PASSWORD,
                SettingsTable.REDIS_URL)));
  }

  static List<Contradiction> inAuth(Settings.Auth.Mode mode, @Nullable Secret password) {
    if (mode == Settings.Auth.Mode.OWN || password == null) {
      return List.of();
    }
    // Nothing would use the password.
    return List.of(
        new Contradiction(
            "auth.password is set, but with auth.mode redis it is Redis that checks clients: set"
                + " auth.mode to own, or remove the password",
            List.of(SettingsTable.AUTH_MODE, SettingsTable.AUTH_PASSWORD)));
  }

  /** With auth.mode own and no password, the proxy may listen on loopback only. */
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

  /** Beyond loopback the admin port needs a token. */
  static List<Contradiction> inAdmin(boolean enabled, String host, @Nullable Secret token) {
    if (!enabled || token != null || Loopback.is(host)) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "admin.host = "
                + SettingsTable.ADMIN_HOST.quote(host)
                + " without admin.token: whoever reaches it could see and change how the proxy runs;"
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
                  + " with auth.mode = own and no auth.password: whoever reaches it could act as the"
                  + " proxy's Redis user; set auth.password (or AUTH_PASSWORD), or the host to"
                  + " localhost",
              List.of(setting, SettingsTable.AUTH_MODE)));
    }
  }

  /** The admin port may show values on loopback only. */
  static List<Contradiction> inShownValues(Dashboard dashboard, Settings.Admin admin) {
    if (!dashboard.showValues() || !admin.enabled() || Loopback.is(admin.host())) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "dashboard.show-values is true and admin.host is "
                + SettingsTable.ADMIN_HOST.quote(admin.host())
                + ": whoever reaches it could read values without a password; set admin.host to"
                + " localhost, or dashboard.show-values to false",
            List.of(SettingsTable.DASHBOARD_SHOW_VALUES, SettingsTable.ADMIN_HOST)));
  }

  /** Without resp.tunnel a client cannot log in to Redis, but could read from the cache. */
  static List<Contradiction> inTunnel(
      Settings.Auth auth, Settings.Redis redis, Settings.Resp resp) {
    if (auth.isOwn() || redis.password() == null || !resp.enabled() || resp.tunnel()) {
      return List.of();
    }
    return List.of(
        new Contradiction(
            "resp.tunnel is false, but with auth.mode redis clients need it to log in to Redis:"
                + " whoever reaches RESP could read as the proxy's Redis user, without redis.password;"
                + " set auth.mode to own, or resp.tunnel to true",
            List.of(SettingsTable.RESP_TUNNEL, SettingsTable.AUTH_MODE)));
  }

  /** Redis refuses a prefix that begins with another one. */
  static List<Contradiction> inPrefixes(List<String> prefixes) {
    List<Contradiction> found = new ArrayList<>();
    for (int i = 0; i < prefixes.size(); i++) {
      for (int j = 0; j < prefixes.size(); j++) {
        // Each of two equal prefixes begins with the other. Report that once.
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

  /** Some replies change without a write, and some commands do more than read. */
  static List<Contradiction> inCommands(List<String> commands) {
    return commands.stream()
        .filter(NEVER_CACHED::contains)
        .map(
            name ->
                new Contradiction(
                    "cache.commands: "
                        + Setting.quoted(name)
                        + " cannot be cached: its reply changes without a write that Redis reports,"
                        + " or it does more than read one key; remove it",
                    List.of(SettingsTable.CACHE_COMMANDS)))
        .toList();
  }

  static List<Contradiction> inListeners(
      Settings.Http http, Settings.Resp resp, Settings.Admin admin) {
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
