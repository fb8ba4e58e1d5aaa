package redisproxy.config;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All settings, with computed defaults. Immutable, and valid by construction: a constructor throws
 * an {@link IllegalArgumentException} for a value outside the bounds of the {@link SettingsTable}.
 * Safe to log: secrets do not show.
 *
 * @param eventLoops event-loop threads
 * @param transport how sockets are read and written
 */
public record Settings(
    int eventLoops,
    TransportKind transport,
    Http http,
    Cors cors,
    Resp resp,
    Admin admin,
    Dashboard dashboard,
    Cache cache,
    Redis redis,
    Auth auth,
    Limits limits,
    Coherence coherence,
    Tls tls,
    Log log,
    Tracing tracing) {

  public Settings {
    SettingsTable.EVENT_LOOPS.require(Optional.of(eventLoops));
    Objects.requireNonNull(transport, "transport");
    Objects.requireNonNull(cors, "cors");
    Objects.requireNonNull(cache, "cache");
    Objects.requireNonNull(redis, "redis");
    Objects.requireNonNull(auth, "auth");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(coherence, "coherence");
    Objects.requireNonNull(tls, "tls");
    Objects.requireNonNull(log, "log");
    Objects.requireNonNull(tracing, "tracing");
    Contradiction.refuse(Contradiction.inListeners(http, resp, admin));
    Contradiction.refuse(Contradiction.inShownValues(dashboard, admin));
    Contradiction.refuse(Contradiction.inExposure(auth, http, resp));
    Contradiction.refuse(Contradiction.inTunnel(auth, redis, resp));
  }

  /**
   * The HTTP server.
   *
   * @param port 0 = any free port
   * @param idleTimeout zero = never
   * @param maxAgeRemaining whether HTTP caches may keep a value for its remaining time
   */
  public record Http(
      boolean enabled,
      String host,
      int port,
      int instances,
      int maxClients,
      int maxConcurrentRequests,
      Duration idleTimeout,
      boolean maxAgeRemaining) {
    public Http {
      SettingsTable.HTTP_HOST.require(host);
      SettingsTable.HTTP_PORT.require(port);
      SettingsTable.HTTP_INSTANCES.require(Optional.of(instances));
      SettingsTable.HTTP_MAX_CLIENTS.require(maxClients);
      SettingsTable.HTTP_MAX_CONCURRENT_REQUESTS.require(maxConcurrentRequests);
      SettingsTable.HTTP_IDLE_TIMEOUT.require(idleTimeout);
    }

    /** Whether the number of clients is the default, written down or not. */
    public boolean hasDefaultMaxClients() {
      return maxClients == SettingsTable.HTTP_MAX_CLIENTS.defaultValue();
    }
  }

  /**
   * The RESP server.
   *
   * @param port 0 = any free port
   * @param idleTimeout zero = never
   * @param maxPipeline requests of one client in flight
   * @param maxPendingBytes reply bytes of one client in flight
   * @param tunnel whether requests that the cache cannot answer are forwarded to Redis
   * @param pooling whether sessions give their dedicated connections back when they can
   */
  public record Resp(
      boolean enabled,
      String host,
      int port,
      int instances,
      int maxClients,
      Duration idleTimeout,
      int maxRequestBytes,
      int maxPipeline,
      int maxPendingBytes,
      boolean tunnel,
      boolean pooling) {
    public Resp {
      SettingsTable.RESP_HOST.require(host);
      SettingsTable.RESP_PORT.require(port);
      SettingsTable.RESP_INSTANCES.require(Optional.of(instances));
      SettingsTable.RESP_MAX_CLIENTS.require(maxClients);
      SettingsTable.RESP_IDLE_TIMEOUT.require(idleTimeout);
      SettingsTable.RESP_MAX_REQUEST_BYTES.require(maxRequestBytes);
      SettingsTable.RESP_MAX_PIPELINE.require(maxPipeline);
      SettingsTable.RESP_MAX_PENDING_BYTES.require(maxPendingBytes);
    }

    /** Whether the number of clients is the default, written down or not. */
    public boolean hasDefaultMaxClients() {
      return maxClients == SettingsTable.RESP_MAX_CLIENTS.defaultValue();
    }
  }

  /**
   * The server for health, metrics and the dashboard.
   *
   * @param port 0 = any free port
   * @param token null = no token is required; never null if other machines can reach the port
   */
  public record Admin(boolean enabled, String host, int port, @Nullable Secret token) {
    public Admin {
      SettingsTable.ADMIN_HOST.require(host);
      SettingsTable.ADMIN_PORT.require(port);
      SettingsTable.ADMIN_TOKEN.require(token == null ? "" : token.value());
      Contradiction.refuse(Contradiction.inAdmin(enabled, host, token));
    }
  }

  /**
   * The cache.
   *
   * @param capacity keys
   * @param commands which reads are cached beside GET, in lower case
   * @param expiry how long a value is kept at most
   * @param missingExpiry how long a missing key is remembered as missing; zero = not at all
   * @param refreshAhead a read this long before a value expires starts a load of the new value;
   *     zero = never
   * @param touchInterval how often Redis is told that a key is read; zero = never
   * @param snapshot the file that holds the keys while the proxy does not run; empty = none
   */
  public record Cache(
      int capacity,
      long maxBytes,
      int maxValueBytes,
      List<String> commands,
      Duration expiry,
      Duration missingExpiry,
      Duration refreshAhead,
      Duration touchInterval,
      String snapshot) {
    public Cache {
      SettingsTable.CACHE_CAPACITY.require(capacity);
      SettingsTable.CACHE_MAX_BYTES.require(Optional.of(maxBytes));
      SettingsTable.CACHE_MAX_VALUE_BYTES.require(maxValueBytes);
      SettingsTable.CACHE_COMMANDS.require(commands);
      commands = List.copyOf(commands);
      SettingsTable.CACHE_EXPIRY.require(expiry);
      SettingsTable.CACHE_MISSING_EXPIRY.require(missingExpiry);
      SettingsTable.CACHE_REFRESH_AHEAD.require(refreshAhead);
      SettingsTable.CACHE_TOUCH_INTERVAL.require(touchInterval);
      SettingsTable.CACHE_SNAPSHOT.require(snapshot);
      Contradiction.refuse(Contradiction.inSizes(maxBytes, maxValueBytes));
      Contradiction.refuse(Contradiction.inCommands(commands));
    }
  }

  /**
   * How Redis is reached.
   *
   * @param username null = Redis's default user; never without a password
   * @param password null = none
   * @param backoffMax the longest wait between two attempts to connect
   * @param maxLoads loads in flight
   * @param maxConnections dedicated connections that sessions borrow, of all RESP verticles
   *     together
   */
  public record Redis(
      Endpoint endpoint,
      @Nullable String username,
      @Nullable Secret password,
      Duration connectTimeout,
      Duration loadTimeout,
      Duration backoffMax,
      int maxLoads,
      int maxConnections,
      Tls.Client tls) {
    public Redis {
      Objects.requireNonNull(endpoint, "endpoint");
      SettingsTable.REDIS_CONNECT_TIMEOUT.require(connectTimeout);
      SettingsTable.REDIS_LOAD_TIMEOUT.require(loadTimeout);
      SettingsTable.REDIS_BACKOFF_MAX.require(backoffMax);
      SettingsTable.REDIS_MAX_LOADS.require(maxLoads);
      SettingsTable.REDIS_MAX_CONNECTIONS.require(maxConnections);
      Contradiction.refuse(Contradiction.inCredentials(username, password));
      Contradiction.refuse(TlsContradiction.inRedis(endpoint, tls));
    }
  }

  /**
   * Where Redis is.
   *
   * @param host an IPv6 address without its brackets
   */
  public record Endpoint(String host, int port, int database, boolean tls) {
    public Endpoint {
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("the port of Redis is not in 1..65535");
      }
      if (database < 0) {
        throw new IllegalArgumentException("the database of Redis is negative");
      }
      String fault = HostName.fault(host);
      if (fault != null) {
        throw new IllegalArgumentException(fault);
      }
    }

    /**
     * {@code redis://host:port/database}, or {@code rediss} with TLS, an IPv6 address in brackets.
     */
    @Override
    public String toString() {
      return uri(host, port, database, tls);
    }

    private static String uri(String host, int port, int database, boolean tls) {
      return (tls ? "rediss://" : "redis://")
          + RedisUrl.bracketed(host)
          + ":"
          + port
          + "/"
          + database;
    }
  }

  /**
   * Who checks the credentials of clients.
   *
   * @param username the user that clients log in as, with mode own
   * @param password null = no password is required; always null with mode redis
   */
  public record Auth(Mode mode, String username, @Nullable Secret password) {
    /** Who checks credentials. */
    public enum Mode {
      /** Redis. The proxy allows nothing that Redis would refuse. */
      REDIS,
      /** The proxy. Clients that it lets in act as the proxy's own Redis user. */
      OWN
    }

    public Auth {
      Objects.requireNonNull(mode, "mode");
      SettingsTable.AUTH_USERNAME.require(username);
      SettingsTable.AUTH_PASSWORD.require(password == null ? "" : password.value());
      Contradiction.refuse(Contradiction.inAuth(mode, password));
    }

    /** Whether the proxy checks credentials itself. */
    public boolean isOwn() {
      return mode == Mode.OWN;
    }
  }

  /**
   * How the cache stays as fresh as Redis.
   *
   * @param heartbeat how often the feed is tested, and how long it may take to answer
   * @param prefixes of the keys that are tracked and cached; empty = all keys are
   */
  public record Coherence(
      Mode mode, WhenUnverified whenUnverified, Duration heartbeat, List<String> prefixes) {
    /** How the proxy learns that a value has changed. */
    public enum Mode {
      /** Redis announces every write. */
      TRACKING,
      /** It does not: values are kept until they expire. */
      EXPIRY
    }

    /** Whether cached values are served while Redis is unreachable. */
    public enum WhenUnverified {
      SERVE,
      BYPASS
    }

    public Coherence {
      Objects.requireNonNull(mode, "mode");
      Objects.requireNonNull(whenUnverified, "whenUnverified");
      SettingsTable.COHERENCE_HEARTBEAT.require(heartbeat);
      SettingsTable.COHERENCE_PREFIXES.require(prefixes);
      prefixes = List.copyOf(prefixes);
      Contradiction.refuse(Contradiction.inPrefixes(prefixes));
    }
  }
}
