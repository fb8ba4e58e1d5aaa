package redisproxy.probe;

import java.util.Locale;

/** How a version is written. */
enum Command {
  SET(1),
  /** A script that declares its key, so the proxy knows it. */
  EVAL_DECLARED(1),
  /** A script that does not declare what it writes. */
  EVAL_UNDECLARED(1),
  /** MULTI, SET, EXEC. */
  TRANSACTION(3),
  /** The key is missing afterwards, which counts as a version too. */
  DELETE(1);

  private static final String SCRIPT = "return redis.call('SET',%s[1],ARGV[%d])";

  /** How many replies Redis sends; the last one acknowledges the write. */
  final int replies;

  Command(int replies) {
    this.replies = replies;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  boolean leavesMissing() {
    return this == DELETE;
  }

  String request(String key, String value) {
    return switch (this) {
      case SET -> Connection.request("SET", key, value);
      case EVAL_DECLARED ->
          Connection.request("EVAL", SCRIPT.formatted("KEYS", 1), "1", key, value);
      case EVAL_UNDECLARED ->
          Connection.request("EVAL", SCRIPT.formatted("ARGV", 2), "0", key, value);
      case TRANSACTION ->
          Connection.request("MULTI")
              + Connection.request("SET", key, value)
              + Connection.request("EXEC");
      case DELETE -> Connection.request("DEL", key);
    };
  }
}
