package redisproxy.command;

import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The state of a client's connection: its database, its version of RESP, and what decides whether
 * anybody but its own connection to Redis may answer a read. While the session has none, the proxy
 * answers what changes the state; afterwards it changes as Redis accepts requests. In doubt only
 * the connection to Redis may answer.
 */
public final class ConnectionState {
  /** Subcommands of CLIENT that leave the replies to reads, and what follows from reads, alone. */
  private static final Set<String> HARMLESS =
      Set.of(
          "getname",
          "getredir",
          "help",
          "id",
          "info",
          "kill",
          "list",
          "no-evict",
          "no-touch",
          "pause",
          "setinfo",
          "setname",
          "trackinginfo",
          "unblock",
          "unpause");

  private final int home;
  private final boolean isOpen;
  private final Predicate<byte[][]> isOwn;

  private int db;
  private boolean resp3;

  /** Redis lets the client read what the proxy may read. */
  private boolean admitted;

  private boolean watching;

  /** How often it was altered for good, or until RESET; and how many of those RESET has undone. */
  private int alterations;

  private int undone;

  /**
   * The state of a new connection.
   *
   * @param home the database it begins in, unless it has to log in first: then Redis would refuse
   *     to select another than 0
   * @param isOpen whether Redis lets in whoever does not log in
   * @param isOwn whether these are the proxy's own user and password; the user may be missing
   */
  public ConnectionState(int home, boolean isOpen, Predicate<byte[][]> isOwn) {
    this.home = isOpen ? home : 0;
    this.db = this.home;
    this.isOpen = isOpen;
    this.isOwn = isOwn;
    this.admitted = isOpen;
  }

  /** Whether Redis lets in a client that does not log in. */
  public boolean isOpen() {
    return isOpen;
  }

  /** The database the connection began in. */
  public int home() {
    return home;
  }

  /** Whether the client is in the database it began in. */
  public boolean isHome() {
    return db == home;
  }

  /** The client has selected a database, which exists. */
  public void select(int selected) {
    db = selected;
  }

  /** The client has changed to this version of RESP. */
  public void speak(boolean isResp3) {
    resp3 = isResp3;
  }

  /** Whether somebody else may answer a GET in its place. */
  public boolean isPlain() {
    return admitted && !watching && alterations == undone;
  }

  /** The database the client is in. */
  public int db() {
    return db;
  }

  /** Whether the client speaks RESP3. */
  public boolean isResp3() {
    return resp3;
  }

  /**
   * A request.
   *
   * @param isQueued whether Redis does not carry it out now
   * @return what it changes when Redis does not answer with an error; null for nothing
   */
  @Nullable Runnable requested(Request request, boolean isQueued) {
    Command command = request.command();
    switch (command.kind()) {
      case RESET:
        // More may be said before its reply is there.
        int before = alterations;
        return () -> reset(before);
      case EXEC, DISCARD, UNWATCH:
        return isQueued && command.kind() == Command.Kind.UNWATCH ? null : () -> watching = false;
      case WATCH:
        return () -> watching = true;
      case CLIENT:
        if (request.count() < 2 || !HARMLESS.contains(request.lowerCase(1, 16))) {
          alterations++;
        }
        return null;
      case SELECT, HELLO, AUTH:
        if (isQueued || !request.isWhole()) {
          alterations++;
          return null;
        }
        return changed(command.kind(), request);
      default:
        return null;
    }
  }

  private @Nullable Runnable changed(Command.Kind kind, Request request) {
    switch (kind) {
      case SELECT:
        return select(request);
      case AUTH:
        boolean own = request.count() > 1 && isOwn.test(arguments(request, 1));
        return () -> admitted = own;
      default:
        return hello(request);
    }
  }

  private Runnable select(Request request) {
    try {
      int selected = Integer.parseInt(request.count() == 2 ? request.text(1, 11) : "");
      return () -> db = selected;
    } catch (NumberFormatException notOurs) {
      // Should Redis take it all the same, nobody knows which database that is.
      return () -> alterations++;
    }
  }

  private @Nullable Runnable hello(Request request) {
    if (request.count() == 1) {
      return null;
    }
    boolean to3 = request.text(1, 2).equals("3");
    boolean own = false;
    boolean auths = false;
    for (int i = 2; i < request.count(); i++) {
      if (request.lowerCase(i, 5).equals("auth") && i + 2 < request.count()) {
        auths = true;
        own = isOwn.test(new byte[][] {request.copy(i + 1), request.copy(i + 2)});
        i += 2;
      }
    }
    boolean becomes = auths ? own : admitted;
    return () -> {
      resp3 = to3;
      admitted = becomes;
    };
  }

  private static byte[][] arguments(Request request, int from) {
    byte[][] arguments = new byte[request.count() - from][];
    for (int i = from; i < request.count(); i++) {
      arguments[i - from] = request.copy(i);
    }
    return arguments;
  }

  private void reset(int before) {
    db = 0;
    resp3 = false;
    admitted = isOpen;
    watching = false;
    undone = before;
  }
}
