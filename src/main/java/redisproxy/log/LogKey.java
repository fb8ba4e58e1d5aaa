package redisproxy.log;

/** The keys of all values in log events, so that one thing has the same key in every event. */
public final class LogKey {
  /** Which of the servers: http, resp or admin. */
  public static final String SERVER = "server";

  /** The ports listened on, or "off". */
  public static final String HTTP = "http";

  public static final String RESP = "resp";
  public static final String ADMIN = "admin";

  public static final String VERSION = "version";
  public static final String EVENT_LOOPS = "event-loops";
  public static final String TRANSPORT = "transport";
  public static final String TRANSPORT_REASON = "transport-reason";

  /** Which Redis, without credentials. */
  public static final String REDIS = "redis";

  /** Why something happened. */
  public static final String REASON = "reason";

  /** What an operator can do about it. */
  public static final String REMEDY = "remedy";

  /** The time until the next attempt, in milliseconds. */
  public static final String RETRY_MS = "retry-ms";

  /** How far the cache is trusted. */
  public static final String TRUST = "trust";

  /** The level from which on messages are logged. */
  public static final String LEVEL = "level";

  /** The settings that have changed. */
  public static final String SETTINGS = "settings";

  public static final String FILE = "file";

  /** How many keys were affected. */
  public static final String KEYS = "keys";

  /** The address of a client. */
  public static final String CLIENT = "client";

  /** A setting and its value. */
  public static final String SETTING = "setting";

  /** How many clients were affected. */
  public static final String CLIENTS = "clients";

  /** The total to which {@link #KEYS} or {@link #CLIENTS} relates. */
  public static final String OF = "of";

  /** A key in Redis, or a digest of it. */
  public static final String KEY = "key";

  /** The database of the key. */
  public static final String DB = "db";

  public static final String PROTOCOL = "protocol";

  /** The result of a lookup: hit, miss or failed. */
  public static final String OUTCOME = "outcome";

  /** A duration, in milliseconds. */
  public static final String MS = "ms";

  /** How many similar events were not logged. */
  public static final String SUPPRESSED = "suppressed";

  private LogKey() {}
}
