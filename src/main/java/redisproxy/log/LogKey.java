package redisproxy.log;

/** Every key of the values that log events carry, so that one thing has one name in all of them. */
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

  /** What those who run the proxy can do about it. */
  public static final String REMEDY = "remedy";

  /** When it is tried again, in milliseconds. */
  public static final String RETRY_MS = "retry-ms";

  /** How far what is kept is believed. */
  public static final String TRUST = "trust";

  /** The least important messages that are logged. */
  public static final String LEVEL = "level";

  /** The settings that have changed. */
  public static final String SETTINGS = "settings";

  public static final String FILE = "file";

  /** How many keys, and of how many. */
  public static final String KEYS = "keys";

  /** The address of a client. */
  public static final String CLIENT = "client";

  /** A setting and its value. */
  public static final String SETTING = "setting";

  /** How many of them. */
  public static final String CLIENTS = "clients";

  public static final String OF = "of";

  /** A key in Redis, or a digest of it. */
  public static final String KEY = "key";

  /** The database it is in. */
  public static final String DB = "db";

  public static final String PROTOCOL = "protocol";

  /** What became of a lookup: hit, miss or failed. */
  public static final String OUTCOME = "outcome";

  /** How long it took, in milliseconds. */
  public static final String MS = "ms";

  /** How many events like it have not been logged. */
  public static final String SUPPRESSED = "suppressed";

  private LogKey() {}
}
