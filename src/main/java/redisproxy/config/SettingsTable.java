package redisproxy.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every setting: its path, its allowed values, its default and its description. The records, {@code
 * --help}, the names of environment variables, and the checks of the shipped file and the manual
 * derive from it.
 */
public final class SettingsTable {
  private static final Map<String, Setting<?>> BY_PATH = new LinkedHashMap<>();

  private static final ValueType<Integer> PORT = ValueType.integer(0, 65535);
  private static final ValueType<Integer> COUNT = ValueType.integer(1, Integer.MAX_VALUE);
  private static final ValueType<Optional<Integer>> THREADS =
      ValueType.auto(ValueType.integer(1, 1024));
  // Timers and sockets count milliseconds in an int: just under 25 days.
  private static final ValueType<Duration> IDLE = ValueType.duration("0", "24d");
  // A longer one would not fit into an HTTP header, or into a RESP request before log-in.
  private static final int MAX_CREDENTIAL = 1024;
  private static final ValueType<Duration> TIMEOUT = ValueType.duration("1ms", "1h");

  static final Setting<Optional<Integer>> EVENT_LOOPS =
      row("event-loops", THREADS, "auto", "event-loop threads; auto = 1 up to 2 CPUs, else CPUs");

  static final Setting<TransportKind> TRANSPORT =
      row(
          "transport",
          ValueType.enumeration(TransportKind.class),
          "auto",
          "how sockets are read and written; auto = the first of these that works here");

  static final Setting<Boolean> HTTP_ENABLED =
      row("http.enabled", ValueType.bool(), "true", "whether to serve HTTP");
  static final Setting<String> HTTP_HOST =
      row("http.host", ValueType.host(), "localhost", "address to listen on; 0.0.0.0 = all");
  static final Setting<Integer> HTTP_PORT =
      row("http.port", PORT, "8000", "port to listen on; 0 = any free port");
  static final Setting<Optional<Integer>> HTTP_INSTANCES =
      row("http.instances", THREADS, "auto", "HTTP verticles; auto = event-loops - 1, at least 1");
  static final Setting<Integer> HTTP_MAX_CLIENTS =
      row(
          "http.max-clients",
          COUNT,
          "10000",
          "HTTP connections at a time; further ones are closed");
  static final Setting<Integer> HTTP_MAX_CONCURRENT_REQUESTS =
      row("http.max-concurrent-requests", COUNT, "1000", "HTTP requests in flight");
  static final Setting<Duration> HTTP_IDLE_TIMEOUT =
      row("http.idle-timeout", IDLE, "60s", "close an idle connection after this; 0 = never");
  static final Setting<Boolean> HTTP_MAX_AGE =
      row(
          "http.max-age",
          ValueType.oneOf(List.of(false, true), remaining -> remaining ? "remaining" : "0"),
          "0",
          "0 = HTTP caches must ask every time; remaining = they may keep a value until it expires");
  static final Setting<List<String>> HTTP_CORS_ORIGINS =
      row(
          "http.cors-origins",
          ValueType.origins(),
          "",
          "origins of web pages that may read, comma-separated; * = any; empty = none");
  static final TlsRows HTTP_TLS = add(TlsRows.ofServer("http"));

  static final Setting<Boolean> RESP_ENABLED =
      row("resp.enabled", ValueType.bool(), "true", "whether to serve RESP (Redis clients)");
  static final Setting<String> RESP_HOST =
      row("resp.host", ValueType.host(), "localhost", "address to listen on; 0.0.0.0 = all");
  static final Setting<Integer> RESP_PORT =
      row("resp.port", PORT, "8001", "port to listen on; 0 = any free port");
  static final Setting<Optional<Integer>> RESP_INSTANCES =
      row("resp.instances", THREADS, "auto", "RESP verticles; auto = event-loops - 1, at least 1");
  static final Setting<Integer> RESP_MAX_CLIENTS =
      row(
          "resp.max-clients",
          COUNT,
          "10000",
          "RESP connections at a time; further ones are closed");
  static final Setting<Duration> RESP_IDLE_TIMEOUT =
      row("resp.idle-timeout", IDLE, "0", "close an idle connection after this; 0 = never");
  static final Setting<Integer> RESP_MAX_REQUEST_BYTES =
      row(
          "resp.max-request-bytes",
          ValueType.intSize("16KiB", "512MiB"),
          "1MiB",
          "largest request of a client");
  static final Setting<Integer> RESP_MAX_PIPELINE =
      row(
          "resp.max-pipeline",
          ValueType.integer(1, 65536),
          "512",
          "requests of one client in flight; further ones wait in its socket");
  static final Setting<Integer> RESP_MAX_PENDING_BYTES =
      row(
          "resp.max-pending-bytes",
          ValueType.intSize("64KiB", "1GiB"),
          "1MiB",
          "reply bytes of one client in flight; more wait");
  static final Setting<Boolean> RESP_TUNNEL =
      row(
          "resp.tunnel",
          ValueType.bool(),
          "true",
          "whether to forward to Redis what the cache cannot answer");
  static final Setting<Boolean> RESP_POOLING =
      row(
          "resp.pooling",
          ValueType.bool(),
          "true",
          "whether clients share dedicated connections to Redis, one after another");
  static final TlsRows RESP_TLS = add(TlsRows.ofServer("resp"));

  static final Setting<Boolean> ADMIN_ENABLED =
      row("admin.enabled", ValueType.bool(), "true", "whether to serve health and metrics");
  static final Setting<String> ADMIN_HOST =
      row("admin.host", ValueType.host(), "localhost", "address to listen on; 0.0.0.0 = all");
  static final Setting<Integer> ADMIN_PORT =
      row("admin.port", PORT, "8002", "port to listen on; 0 = any free port");
  static final Setting<String> ADMIN_TOKEN =
      add(
          new Setting<>(
              "admin.token",
              ValueType.token(MAX_CREDENTIAL),
              "",
              "required by all paths but /health; must be set unless on loopback; or ADMIN_TOKEN_FILE",
              true));
  static final TlsRows ADMIN_TLS = add(TlsRows.ofServer("admin"));

  static final Setting<Boolean> DASHBOARD_HOT_KEYS =
      row(
          "dashboard.hot-keys",
          ValueType.bool(),
          "true",
          "whether the dashboard lists the keys that are looked up most");
  static final Setting<Optional<Boolean>> DASHBOARD_MASK_KEYS =
      row(
          "dashboard.mask-keys",
          ValueType.auto(ValueType.bool()),
          "auto",
          "show digests of those keys; auto = unless admin.host is loopback");
  static final Setting<Boolean> DASHBOARD_SHOW_VALUES =
      row(
          "dashboard.show-values",
          ValueType.bool(),
          "false",
          "whether looking up a key there shows the start of its value; on loopback only");

  static final Setting<Integer> CACHE_CAPACITY =
      row("cache.capacity", COUNT, "10000", "keys in the cache");
  static final Setting<Optional<Long>> CACHE_MAX_BYTES =
      row(
          "cache.max-bytes",
          ValueType.auto(ValueType.size("1", "1048576GiB")),
          "auto",
          "bytes in the cache; auto = 256MiB or 40 % of the heap; at most 80 % of it");
  static final Setting<Integer> CACHE_MAX_VALUE_BYTES =
      row(
          "cache.max-value-bytes",
          ValueType.intSize("0", "64MiB"),
          "1MiB",
          "largest value that is cached");
  static final Setting<List<String>> CACHE_COMMANDS =
      row(
          "cache.commands",
          ValueType.commands(),
          "default",
          "reads that are cached beside GET, comma-separated: default, get, names, -name");
  static final Setting<Duration> CACHE_EXPIRY =
      row("cache.expiry", ValueType.duration("1ms", "365d"), "60s", "how long a value is kept");
  static final Setting<Duration> CACHE_MISSING_EXPIRY =
      row(
          "cache.missing-expiry",
          ValueType.duration("0", "365d"),
          "0",
          "how long a missing key is remembered as missing; 0 = not at all");
  static final Setting<Duration> CACHE_REFRESH_AHEAD =
      row(
          "cache.refresh-ahead",
          ValueType.duration("0", "365d"),
          "0",
          "a read this long before a value expires loads it again; 0 = never");
  static final Setting<Duration> CACHE_TOUCH_INTERVAL =
      row(
          "cache.touch-interval",
          ValueType.durationOrZero("1s", "1d"),
          "0",
          "how often Redis is told that a key is read, so that it does not evict it; 0 = never");
  static final Setting<String> CACHE_SNAPSHOT =
      row(
          "cache.snapshot",
          ValueType.text(),
          "",
          "file that holds the keys between a stop and the next start; empty = none");

  static final Setting<RedisUrl> REDIS_URL =
      row(
          "redis.url",
          ValueType.redisUrl(),
          "redis://localhost:6379/0",
          "redis://[user[:password]@]host[:port][/db]; rediss:// = with TLS");
  static final Setting<String> REDIS_USERNAME =
      row("redis.username", ValueType.text(), "", "overrides the user of redis.url");
  static final Setting<String> REDIS_PASSWORD =
      add(
          new Setting<>(
              "redis.password",
              ValueType.text(),
              "",
              "overrides the password of redis.url; or REDIS_PASSWORD_FILE, a file that holds it",
              true));
  static final Setting<Duration> REDIS_CONNECT_TIMEOUT =
      row("redis.connect-timeout", TIMEOUT, "1s", "how long connecting may take");
  static final Setting<Duration> REDIS_LOAD_TIMEOUT =
      row("redis.load-timeout", TIMEOUT, "1s", "how long a load may take");
  static final Setting<Duration> REDIS_BACKOFF_MAX =
      row("redis.backoff-max", TIMEOUT, "2s", "longest wait before connecting again");
  static final Setting<Integer> REDIS_MAX_LOADS =
      row("redis.max-loads", ValueType.integer(1, 100_000), "1000", "loads in flight");
  static final Setting<Integer> REDIS_MAX_CONNECTIONS =
      row(
          "redis.max-connections",
          ValueType.integer(1, 10_000),
          "64",
          "dedicated connections that clients share with resp.pooling");
  static final TlsRows REDIS_TLS = add(TlsRows.ofRedis());
  static final Setting<Boolean> REDIS_TLS_VERIFY_HOST =
      row(
          "redis.tls.verify-host",
          ValueType.bool(),
          "true",
          "whether Redis's certificate must be for the host of redis.url");

  static final Setting<Settings.Auth.Mode> AUTH_MODE =
      row(
          "auth.mode",
          ValueType.enumeration(Settings.Auth.Mode.class),
          "redis",
          "who checks clients: redis, or own = the proxy; then all clients act as redis.username");
  static final Setting<String> AUTH_USERNAME =
      row(
          "auth.username",
          ValueType.username(MAX_CREDENTIAL),
          "default",
          "the user that clients log in as with auth.mode own");
  static final Setting<String> AUTH_PASSWORD =
      add(
          new Setting<>(
              "auth.password",
              ValueType.text(MAX_CREDENTIAL),
              "",
              "that user's password; empty = none, on loopback only; or AUTH_PASSWORD_FILE",
              true));

  static final LimitRows LIMITS = LimitRows.make();

  static {
    LIMITS.all().forEach(SettingsTable::add);
  }

  static final Setting<Settings.Coherence.Mode> COHERENCE_MODE =
      row(
          "coherence.mode",
          ValueType.enumeration(Settings.Coherence.Mode.class),
          "tracking",
          "tracking = Redis announces every write; expiry = values are kept until they expire");
  static final Setting<Settings.Coherence.WhenUnverified> COHERENCE_WHEN_UNVERIFIED =
      row(
          "coherence.when-unverified",
          ValueType.enumeration(Settings.Coherence.WhenUnverified.class),
          "serve",
          "while Redis is unreachable: serve = answer from the cache, marked; bypass = do not");
  static final Setting<Duration> COHERENCE_HEARTBEAT =
      row(
          "coherence.heartbeat",
          ValueType.duration("10ms", "1h"),
          "1s",
          "how often the feed is tested, and how long it may take to answer");
  static final Setting<List<String>> COHERENCE_PREFIXES =
      row(
          "coherence.prefixes",
          ValueType.prefixes(),
          "",
          "key prefixes, comma-separated: only such keys are tracked and cached; empty = all");

  static final Setting<Log.Level> LOG_LEVEL =
      row(
          "log.level",
          ValueType.enumeration(Log.Level.class),
          "info",
          "error, warn, info, debug or trace");
  static final Setting<Log.Format> LOG_FORMAT =
      row("log.format", ValueType.enumeration(Log.Format.class), "text", "text or json");
  static final Setting<Duration> LOG_SLOW_LOOKUP =
      row(
          "log.slow-lookup",
          ValueType.duration("0", "1h"),
          "0",
          "log lookups that take this long, ten a second at most; 0 = none");
  static final Setting<Boolean> LOG_KEYS =
      row("log.keys", ValueType.bool(), "false", "whether to log keys; false = digests of them");

  static final TracingRows TRACING = TracingRows.make();

  static {
    TRACING.all().forEach(SettingsTable::add);
  }

  private SettingsTable() {}

  private static <T> Setting<T> row(
      String path, ValueType<T> type, String defaultText, String description) {
    return add(new Setting<>(path, type, defaultText, description, false));
  }

  private static <T> Setting<T> add(Setting<T> setting) {
    BY_PATH.put(setting.path(), setting);
    return setting;
  }

  private static TlsRows add(TlsRows rows) {
    rows.all().forEach(SettingsTable::add);
    return rows;
  }

  /** Every setting, in the order of the manual. */
  public static List<Setting<?>> rows() {
    return List.copyOf(BY_PATH.values());
  }

  /** The setting of a path, or null. */
  static @Nullable Setting<?> find(String path) {
    return BY_PATH.get(path);
  }
}
