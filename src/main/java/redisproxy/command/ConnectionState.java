package redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The state of a client's connection: its database, its version of RESP, and whether the cache or a
 * shared connection may answer its reads. While the session has no dedicated connection, the proxy
 * itself answers the requests that change the state. With one, the state changes when Redis accepts
 * such a request. If the state is in doubt, only the dedicated connection may answer.
 */
public final class ConnectionState {
  /** Subcommands of CLIENT that change neither the replies to reads nor the effects of reads. */
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

  /** The kind of name that CLIENT SETNAME sets. */
  public static final String SETNAME = "setname";

  private static final long CLIENT = CommandName.of("client");

  /** A longer request for a name, in bytes, is not kept. The connection keeps the name. */
  private static final int MAX_NAMING = 1024;

  private final int home;
  private final boolean isOpen;
  private final Predicate<byte[][]> isOwn;

  private int db;
  private boolean resp3;

  /** Redis allows the client the same reads as the proxy. */
  private boolean admitted;

  private boolean watching;

  /** How many requests changed the connection in a way that only RESET can undo. */
  private int alterations;

  /** How many of these changes RESET has undone. */
  private int undone;

  /** The requests that gave the client its names, by their kind; see {@link #names}. */
  private final Map<String, byte[]> names = new LinkedHashMap<>();

  /** The connection may have a name that is not among {@link #names}. */
  private boolean namesInDoubt;

  /**
   * The state of a new connection.
   *
   * @param home the database in which the connection begins. If it has to log in first, it begins
   *     in 0: before a log-in, Redis refuses to select another database
   * @param isOpen whether Redis admits clients that do not log in
   * @param isOwn tests whether these are the proxy's own user and password; the user may be missing
   */
  public ConnectionState(int home, boolean isOpen, Predicate<byte[][]> isOwn) {
    this.home = isOpen ? home : 0;
    this.db = this.home;
    this.isOpen = isOpen;
    this.isOwn = isOwn;
    this.admitted = isOpen;
  }

  /** Whether Redis admits clients that do not log in. */
  public boolean isOpen() {
    return isOpen;
  }

  /** The database in which the connection began. */
  public int home() {
    return home;
  }

  /** Whether the client is in the database in which it began. */
  public boolean isHome() {
    return db == home;
  }

  /** Selects a database, which must exist. */
  public void select(int selected) {
    db = selected;
  }

  /** Changes the version of RESP. */
  public void speak(boolean isResp3) {
    resp3 = isResp3;
  }

  /** Whether the cache or a shared connection may answer a GET for this connection. */
  public boolean isPlain() {
    return admitted && !watching && alterations == undone;
  }

  /** Why the session must keep its connection to Redis: STATE, WATCH or NONE. */
  Pin pin() {
    if (alterations != undone || namesInDoubt || admitted != isOpen) {
      return Pin.STATE;
    }
    return watching ? Pin.WATCH : Pin.NONE;
  }

  /**
   * The requests that give a connection the names of the client, one for each kind: {@link
   * #SETNAME}, {@code lib-name} and {@code lib-ver}.
   */
  public Map<String, byte[]> names() {
    return names;
  }

  /** The client has set a name by this request. */
  public void named(Request request) {
    boolean isEmpty = request.length(request.count() - 1) == 0;
    setName(kindOfName(request), isEmpty ? null : request.array());
  }

  /** Whether a request is a valid CLIENT SETNAME or SETINFO. Redis may still refuse the name. */
  public static boolean isNaming(Request request) {
    return request.isWhole()
        && request.name() == CLIENT
        && (request.count() == 3 && request.is(1, SETNAME)
            || request.count() == 4
                && request.is(1, "setinfo")
                && (request.is(2, "lib-name") || request.is(2, "lib-ver")));
  }

  private static String kindOfName(Request request) {
    return request.count() == 3 ? SETNAME : request.lowerCase(2, 8);
  }

  /** The client's current database. */
  public int db() {
    return db;
  }

  /** Whether the client speaks RESP3. */
  public boolean isResp3() {
    return resp3;
  }

  /**
   * Handles a request that is sent to Redis.
   *
   * @param isQueued whether Redis only queues it in a transaction
   * @return the change to apply if the reply is not an error; null if there is none
   */
  @Nullable Runnable requested(Request request, boolean isQueued) {
    Command command = request.command();
    switch (command.kind()) {
      case RESET:
        // RESET undoes only what was sent before it. The client may send more before its reply.
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
        return isNaming(request) ? naming(request, isQueued) : null;
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

  private @Nullable Runnable naming(Request request, boolean isQueued) {
    if (isQueued || request.size() > MAX_NAMING) {
      namesInDoubt = true;
      return null;
    }
    String kind = kindOfName(request);
    boolean isEmpty = request.length(request.count() - 1) == 0;
    byte[] bytes = isEmpty ? null : request.array();
    return () -> setName(kind, bytes);
  }

  /** CLIENT SETNAME. */
  private static byte[] naming(byte[] name) {
    return Request.array(
        "CLIENT".getBytes(StandardCharsets.US_ASCII),
        SETNAME.getBytes(StandardCharsets.US_ASCII),
        name);
  }

  private void setName(String kind, byte @Nullable [] request) {
    if (request == null) {
      names.remove(kind);
    } else {
      names.put(kind, request);
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
      // If Redis accepts this anyway, the proxy does not know which database it is.
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
    byte[] name = null;
    for (int i = 2; i < request.count(); i++) {
      if (request.lowerCase(i, 5).equals("auth") && i + 2 < request.count()) {
        auths = true;
        own = isOwn.test(new byte[][] {request.copy(i + 1), request.copy(i + 2)});
        i += 2;
      } else if (request.is(i, SETNAME) && i + 1 < request.count()) {
        name = request.copy(++i);
      }
    }
    boolean becomes = auths ? own : admitted;
    byte[] newName = name;
    if (newName != null && newName.length > MAX_NAMING) {
      namesInDoubt = true;
    }
    return () -> {
      resp3 = to3;
      admitted = becomes;
      if (newName != null && newName.length <= MAX_NAMING) {
        setName(SETNAME, newName.length == 0 ? null : naming(newName));
      }
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
    // Redis keeps the names of the library.
    names.remove(SETNAME);
  }
}
