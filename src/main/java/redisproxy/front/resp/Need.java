package redisproxy.front.resp;

import redisproxy.command.CommandName;
import redisproxy.command.Request;

/**
 * What a session needs a dedicated connection for.
 *
 * @param isSync the request is SYNC or PSYNC. Redis refuses these while it has an unsent reply on
 *     the connection
 * @param isWait the request is WAIT or WAITAOF. Redis waits for the earlier writes of the
 *     connection
 * @param isUrgent the session does not wait for a connection although the pool is full: the request
 *     may end what keeps the connections busy
 */
record Need(boolean isSync, boolean isWait, boolean isUrgent) {
  private static final long SYNC = CommandName.of("sync");
  private static final long PSYNC = CommandName.of("psync");
  private static final long WAIT = CommandName.of("wait");
  private static final long WAITAOF = CommandName.of("waitaof");
  private static final long CLIENT = CommandName.of("client");
  private static final long SCRIPT = CommandName.of("script");
  private static final long FUNCTION = CommandName.of("function");

  /** The connection itself: Redis will send messages over it. */
  static final Need CONNECTION = new Need(false, false, true);

  /** For a request that was just read, or the beginning of one. */
  static Need of(Request next) {
    long name = next.name();
    boolean mayKill = name == CLIENT || name == SCRIPT || name == FUNCTION;
    return new Need(
        name == SYNC || name == PSYNC,
        name == WAIT || name == WAITAOF,
        mayKill && next.count() > 1 && next.lowerCase(1, 8).equals("kill"));
  }
}
