package redisproxy.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes {@link Settings} from the given texts, and collects their faults. */
final class SettingsReader {
  private final Map<String, Given> given;
  private final Machine machine;
  private final Faults faults;

  SettingsReader(Map<String, Given> given, Machine machine, Faults faults) {
    this.given = given;
    this.machine = machine;
    this.faults = faults;
  }

  /** Throws a {@link ConfigurationException} with all faults, earlier ones included. */
  @SuppressWarnings("NullAway") // throwIfAny has thrown before a null part is used
  Settings read() {
    given.forEach(
        (path, value) -> {
          if (SettingsTable.find(path) == null) {
            faults.add(value.origin(), SettingNames.unknown(path));
          }
        });
    int eventLoops = value(SettingsTable.EVENT_LOOPS).orElseGet(machine::eventLoops);
    int instances = Machine.instances(eventLoops);
    TransportKind transport = value(SettingsTable.TRANSPORT);
    Settings.Http http = valid(() -> http(instances));
    Cors cors = valid(() -> new Cors(value(SettingsTable.HTTP_CORS_ORIGINS)));
    Settings.Resp resp = valid(() -> resp(instances));
    Settings.Admin admin = valid(this::admin);
    Dashboard dashboard = valid(this::dashboard);
    Settings.Cache cache = valid(this::cache);
    Settings.Redis redis = valid(this::redis);
    Settings.Auth auth = valid(this::auth);
    Limits limits = valid(this::limits);
    Settings.Coherence coherence = valid(this::coherence);
    Tls tls = valid(this::tls);
    Log log = valid(this::log);
    Tracing tracing = valid(this::tracing);
    if (http != null && resp != null && admin != null) {
      Contradiction.inListeners(http, resp, admin).forEach(this::add);
    }
    if (dashboard != null && admin != null) {
      Contradiction.inShownValues(dashboard, admin).forEach(this::add);
    }
    if (auth != null && http != null && resp != null) {
      Contradiction.inExposure(auth, http, resp).forEach(this::add);
    }
    if (auth != null && redis != null && resp != null) {
      Contradiction.inTunnel(auth, redis, resp).forEach(this::add);
    }
    faults.throwIfAny();
    return new Settings(
        eventLoops,
        transport,
        http,
        cors,
        resp,
        admin,
        dashboard,
        cache,
        redis,
        auth,
        limits,
        coherence,
        tls,
        log,
        tracing);
  }

  private Settings.Http http(int instances) {
    return new Settings.Http(
        value(SettingsTable.HTTP_ENABLED),
        value(SettingsTable.HTTP_HOST),
        value(SettingsTable.HTTP_PORT),
        value(SettingsTable.HTTP_INSTANCES).orElse(instances),
        value(SettingsTable.HTTP_MAX_CLIENTS),
        value(SettingsTable.HTTP_MAX_CONCURRENT_REQUESTS),
        value(SettingsTable.HTTP_IDLE_TIMEOUT),
        value(SettingsTable.HTTP_MAX_AGE));
  }

  private Settings.Resp resp(int instances) {
    return new Settings.Resp(
        value(SettingsTable.RESP_ENABLED),
        value(SettingsTable.RESP_HOST),
        value(SettingsTable.RESP_PORT),
        value(SettingsTable.RESP_INSTANCES).orElse(instances),
        value(SettingsTable.RESP_MAX_CLIENTS),
        value(SettingsTable.RESP_IDLE_TIMEOUT),
        value(SettingsTable.RESP_MAX_REQUEST_BYTES),
        value(SettingsTable.RESP_MAX_PIPELINE),
        value(SettingsTable.RESP_MAX_PENDING_BYTES),
        value(SettingsTable.RESP_TUNNEL),
        value(SettingsTable.RESP_POOLING));
  }

  private Settings.Admin admin() {
    String token = value(SettingsTable.ADMIN_TOKEN);
    return new Settings.Admin(
        value(SettingsTable.ADMIN_ENABLED),
        value(SettingsTable.ADMIN_HOST),
        value(SettingsTable.ADMIN_PORT),
        token.isEmpty() ? null : new Secret(token));
  }

  private Dashboard dashboard() {
    boolean exposed = !Loopback.is(value(SettingsTable.ADMIN_HOST));
    return new Dashboard(
        value(SettingsTable.DASHBOARD_HOT_KEYS),
        value(SettingsTable.DASHBOARD_MASK_KEYS).orElse(exposed),
        value(SettingsTable.DASHBOARD_SHOW_VALUES));
  }

  private Settings.Cache cache() {
    return new Settings.Cache(
        value(SettingsTable.CACHE_CAPACITY),
        cacheBytes(),
        value(SettingsTable.CACHE_MAX_VALUE_BYTES),
        value(SettingsTable.CACHE_COMMANDS),
        value(SettingsTable.CACHE_EXPIRY),
        value(SettingsTable.CACHE_MISSING_EXPIRY),
        value(SettingsTable.CACHE_REFRESH_AHEAD),
        value(SettingsTable.CACHE_TOUCH_INTERVAL),
        value(SettingsTable.CACHE_SNAPSHOT));
  }

  private long cacheBytes() {
    long bytes = value(SettingsTable.CACHE_MAX_BYTES).orElseGet(machine::cacheBytes);
    if (bytes > machine.maxCacheBytes()) {
      fault(
          SettingsTable.CACHE_MAX_BYTES,
          "more than 80 % of the heap ("
              + (machine.maxHeapBytes() >> 20)
              + "MiB): lower it to at most "
              + (machine.maxCacheBytes() >> 20)
              + "MiB or raise -Xmx");
    }
    return bytes;
  }

  private Settings.Redis redis() {
    RedisUrl url = value(SettingsTable.REDIS_URL);
    String username = value(SettingsTable.REDIS_USERNAME);
    String password = value(SettingsTable.REDIS_PASSWORD);
    return new Settings.Redis(
        url.endpoint(),
        username.isEmpty() ? url.username() : username,
        password.isEmpty() ? url.password() : new Secret(password),
        value(SettingsTable.REDIS_CONNECT_TIMEOUT),
        value(SettingsTable.REDIS_LOAD_TIMEOUT),
        value(SettingsTable.REDIS_BACKOFF_MAX),
        value(SettingsTable.REDIS_MAX_LOADS),
        value(SettingsTable.REDIS_MAX_CONNECTIONS),
        new Tls.Client(
            orNull(SettingsTable.REDIS_TLS.ca()),
            orNull(SettingsTable.REDIS_TLS.cert()),
            orNull(SettingsTable.REDIS_TLS.key()),
            value(SettingsTable.REDIS_TLS_VERIFY_HOST)));
  }

  private Tls tls() {
    return new Tls(
        tls(SettingsTable.HTTP_TLS), tls(SettingsTable.RESP_TLS), tls(SettingsTable.ADMIN_TLS));
  }

  private Tls.Server tls(TlsRows rows) {
    return new Tls.Server(orNull(rows.cert()), orNull(rows.key()), orNull(rows.ca()));
  }

  private @Nullable String orNull(Setting<String> setting) {
    String text = value(setting);
    return text.isEmpty() ? null : text;
  }

  private Settings.Auth auth() {
    String password = value(SettingsTable.AUTH_PASSWORD);
    return new Settings.Auth(
        value(SettingsTable.AUTH_MODE),
        value(SettingsTable.AUTH_USERNAME),
        password.isEmpty() ? null : new Secret(password));
  }

  private Limits limits() {
    return new Limits(
        new Limits.Rate(
            value(SettingsTable.LIMITS.httpPerClient()), value(SettingsTable.LIMITS.httpGlobal())),
        new Limits.Rate(
            value(SettingsTable.LIMITS.respPerClient()), value(SettingsTable.LIMITS.respGlobal())),
        new Limits.Rate(value(SettingsTable.LIMITS.adminPerClient()), 0),
        value(SettingsTable.LIMITS.failedLoginDelay()));
  }

  private Settings.Coherence coherence() {
    return new Settings.Coherence(
        value(SettingsTable.COHERENCE_MODE),
        value(SettingsTable.COHERENCE_WHEN_UNVERIFIED),
        value(SettingsTable.COHERENCE_HEARTBEAT),
        value(SettingsTable.COHERENCE_PREFIXES));
  }

  private Log log() {
    return new Log(
        value(SettingsTable.LOG_LEVEL),
        value(SettingsTable.LOG_FORMAT),
        value(SettingsTable.LOG_SLOW_LOOKUP),
        value(SettingsTable.LOG_KEYS));
  }

  private Tracing tracing() {
    return new Tracing(
        value(SettingsTable.TRACING.endpoint()), value(SettingsTable.TRACING.samplingRatio()));
  }

  /**
   * Returns the given value, or the default. A faulty value gets the default too, so that reading
   * goes on and finds more faults.
   */
  private <T> T value(Setting<T> setting) {
    Given text = given.get(setting.path());
    if (text == null) {
      return setting.defaultValue();
    }
    try {
      return setting.parse(text.text());
    } catch (IllegalArgumentException e) {
      fault(setting, String.valueOf(e.getMessage()));
      return setting.defaultValue();
    }
  }

  /** Returns a part of the settings, or null if its values are faulty or contradict each other. */
  private <T> @Nullable T valid(Supplier<T> part) {
    int before = faults.count();
    try {
      T made = part.get();
      return faults.count() == before ? made : null;
    } catch (Contradiction.Refusal refusal) {
      // If a default replaced a faulty value, the user did not write this contradiction.
      if (faults.count() == before) {
        refusal.contradictions().forEach(this::add);
      }
      return null;
    }
  }

  private void fault(Setting<?> setting, String text) {
    Given value = Objects.requireNonNull(given.get(setting.path()), "a default is no fault");
    faults.add(value.origin(), setting.path() + " = " + setting.quote(value.text()) + ": " + text);
  }

  private void add(Contradiction contradiction) {
    List<String> origins =
        contradiction.settings().stream()
            .map(setting -> Optional.ofNullable(given.get(setting.path())))
            .flatMap(Optional::stream)
            .map(Given::origin)
            .distinct()
            .toList();
    faults.add(origins.isEmpty() ? "defaults" : String.join(", ", origins), contradiction.text());
  }
}
