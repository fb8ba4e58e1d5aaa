package redisproxy.command;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Why a session must keep its dedicated connection: the connection has a state that another session
 * must not get. A session with {@link #NONE} returns its connection to the pool when nothing is
 * under way on it.
 *
 * <p>{@link #of} says what a request may leave behind. It knows the commands that leave nothing.
 * Any other command pins, because nobody knows how to undo what it did.
 *
 * <pre>
 *   pin            begins with                        ends with
 *   TRANSACTION    MULTI                              EXEC, DISCARD, RESET
 *   WATCH          WATCH                              EXEC, DISCARD, UNWATCH, RESET
 *   SUBSCRIPTION   SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE  the last channel, RESET
 *   BLOCKING       BLPOP, XREAD BLOCK, WAIT …         its reply
 *   REPLIES_OFF    CLIENT REPLY OFF or SKIP           CLIENT REPLY ON, or the skipped reply
 *   CLIENT         a request or a reply that waits    the last piece
 *                  for its client, in pieces
 *   STATE          CLIENT TRACKING, NO-EVICT, KILL,   the connection
 *                  AUTH, CONFIG SET, ACL SETUSER,
 *                  SCRIPT DEBUG, READONLY …
 *   UNKNOWN        a command that is not known here,  the connection
 *                  MONITOR, SYNC, input that is not
 *                  RESP
 * </pre>
 */
public enum Pin {
  NONE,
  TRANSACTION,
  WATCH,
  SUBSCRIPTION,
  BLOCKING,
  REPLIES_OFF,
  CLIENT,
  STATE,
  UNKNOWN;

  /**
   * Commands that read or write no key, and leave nothing on their connection that {@link
   * OutstandingRequests} and {@link ConnectionState} do not follow.
   */
  private static final Set<String> LEAVE_NOTHING =
      Set.of(
          ("acl bgrewriteaof bgsave cluster command config discard echo eval evalsha exec failover fcall"
                  + " function hello info lastsave latency memory module multi object pfselftest ping"
                  + " psubscribe publish pubsub punsubscribe quit replicaof reset role save select shutdown"
                  + " slaveof slowlog spublish ssubscribe subscribe sunsubscribe time unsubscribe unwatch"
                  + " wait waitaof watch xgroup xinfo")
              .split(" "));

  /** Commands that change their connection for good. */
  private static final Set<String> CHANGE_STATE =
      Set.of("asking", "auth", "readonly", "readwrite", "restore-asking");

  /** Subcommands of CLIENT and of SCRIPT that leave nothing. The proxy itself handles REPLY. */
  private static final Set<String> SUBCOMMANDS_LEAVE_NOTHING =
      Set.of(
          ("client|getname client|getredir client|help client|id client|info client|list"
                  + " client|pause client|reply client|setinfo client|setname client|trackinginfo"
                  + " client|unblock client|unpause"
                  + " script|exists script|flush script|help script|kill script|load script|show")
              .split(" "));

  private static final Set<String> SUBCOMMANDS_CHANGE_STATE =
      Set.of(
          "client|caching",
          // Redis may close the connection after its reply.
          "client|kill",
          "client|no-evict",
          "client|no-touch",
          "client|tracking",
          "script|debug");

  /** Longer than any subcommand's name. */
  private static final int MAX_SUBCOMMAND = 32;

  /** Whether the connection stays pinned until it is closed. */
  public boolean isForGood() {
    return this == STATE || this == UNKNOWN;
  }

  /**
   * What a request leaves behind beyond what {@link OutstandingRequests} and {@link
   * ConnectionState} follow: one of NONE, STATE and UNKNOWN.
   */
  static Pin of(Command command, Request request) {
    if (command.effect == Command.Effect.ACCESS && !Command.isAccessNeutral(request)) {
      // Redis goes on trusting this connection, whatever it may demand of new ones.
      return STATE;
    }
    if (command.pin() != null) {
      return command.pin();
    }
    if (request.count() < 2) {
      // Redis refuses it, unless an argument is too large to be read.
      return request.isWhole() ? NONE : UNKNOWN;
    }
    String name = command.name() + "|" + request.lowerCase(1, MAX_SUBCOMMAND);
    if (SUBCOMMANDS_CHANGE_STATE.contains(name)) {
      return STATE;
    }
    return SUBCOMMANDS_LEAVE_NOTHING.contains(name) ? NONE : UNKNOWN;
  }

  /**
   * What every request with this command leaves behind; null if that depends on its subcommand.
   *
   * @param flags as the server lists them
   */
  static @Nullable Pin of(String name, Set<String> flags) {
    if (name.equals("client") || name.equals("script")) {
      return null;
    }
    if (CHANGE_STATE.contains(name)) {
      return STATE;
    }
    boolean isOnKeys = flags.contains("write") || flags.contains("readonly");
    // A module may do anything to the connection, such as logging it in.
    boolean leavesNothing = LEAVE_NOTHING.contains(name) || isOnKeys && !flags.contains("module");
    return leavesNothing ? NONE : UNKNOWN;
  }
}
