package redisproxy.front.resp;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redisproxy.command.CommandName;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.resp.Reply;
import redisproxy.upstream.node.LastReplies;
import redisproxy.upstream.node.LastReplies.Question;
import redisproxy.upstream.node.LastReplies.Topic;
import redisproxy.upstream.node.Queries;

/**
 * Queries of a session without a dedicated connection whose reply is the same for every session, so
 * that the session still needs no connection: COMMAND, INFO, whether the database of a SELECT
 * exists, and whether the server refuses CLIENT MAINT_NOTIFICATIONS, as all do except Redis
 * Enterprise.
 *
 * <p>A session makes one query at a time. Its request stays in the session's input, and no request
 * after it is read. When the answer arrives, or no answer is possible, the request is read again.
 * So replies stay in order, and the request can still go over a dedicated connection.
 */
final class ServerQueries implements Queries.Requester {
  private static final long COMMAND = CommandName.of("command");
  private static final long INFO = CommandName.of("info");
  private static final long CLIENT = CommandName.of("client");
  private static final long SELECT = CommandName.of("select");

  private static final Set<String> OF_COMMAND =
      Set.of("count", "docs", "info", "list", "getkeys", "getkeysandflags", "help");

  /** A database number in its canonical form. Redis itself checks other forms. */
  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,3}");

  /** Longer requests, in bytes, go over a dedicated connection. */
  private static final int MAX_REQUEST = 1024;

  private final ClientConnection connection;
  private final Queries queries;
  private final ConnectionState state;
  private boolean waiting;

  /**
   * The query of the next request has ended, and {@link #answer} is its result; null means none.
   */
  private boolean known;

  private byte @Nullable [] answer;

  ServerQueries(ClientConnection connection, Queries queries, ConnectionState state) {
    this.connection = connection;
    this.queries = queries;
    this.state = state;
  }

  /** Whether the query of the last request is under way. */
  boolean isWaiting() {
    return waiting;
  }

  /**
   * The answer to a request. Null while its query is {@linkplain #isWaiting under way}. Null
   * otherwise means that the request needs a dedicated connection.
   */
  byte @Nullable [] answer(Request request) {
    if (known) {
      byte[] reply = answer;
      known = false;
      answer = null;
      return apply(request, reply);
    }
    Topic topic = topic(request);
    if (topic == null || isLong(request)) {
      return null;
    }
    int db = topic == Topic.DATABASE ? database(request) : -1;
    if (queries.hasDatabase(db)) {
      return apply(request, Reply.OK);
    }
    Question question = new Question(topic, state.isResp3(), db, request.array());
    waiting = queries.ask(question, this);
    return null;
  }

  private static @Nullable Topic topic(Request request) {
    long name = request.name();
    if (name == INFO) {
      return Topic.INFO;
    }
    if (name == COMMAND) {
      boolean isShared = request.count() == 1 || OF_COMMAND.contains(request.lowerCase(1, 16));
      return isShared ? Topic.COMMAND : null;
    }
    if (name == CLIENT) {
      boolean isMaint =
          request.count() > 1 && request.lowerCase(1, 20).equals("maint_notifications");
      return isMaint ? Topic.REFUSAL : null;
    }
    return name == SELECT ? Topic.DATABASE : null;
  }

  private static boolean isLong(Request request) {
    long length = 0;
    for (int i = 0; i < request.count(); i++) {
      length += request.length(i) + "$1\r\n\r\n".length();
    }
    return length > MAX_REQUEST;
  }

  /**
   * The number of a database that may be cached; negative if the request names no such database.
   */
  private static int database(Request request) {
    String number = request.count() == 2 ? request.text(1, 5) : "";
    if (!NUMBER.matcher(number).matches()) {
      return -1;
    }
    int db = Integer.parseInt(number);
    return db <= LastReplies.MAX_DATABASE ? db : -1;
  }

  /**
   * Applies an answer to the session. After a SELECT that Redis accepts, the session uses that
   * database, if it may be cached. A CLIENT request that Redis does not refuse changes its
   * connection, so it needs the session's dedicated connection.
   */
  private byte @Nullable [] apply(Request request, byte @Nullable [] reply) {
    if (reply == null || reply[0] == '-') {
      return reply;
    }
    if (request.name() != SELECT) {
      return request.name() == CLIENT ? null : reply;
    }
    int db = database(request);
    if (db < 0) {
      return null;
    }
    state.select(db);
    return reply;
  }

  @Override
  public void answered(byte @Nullable [] reply) {
    waiting = false;
    known = true;
    answer = reply;
    connection.advance();
  }

  @Override
  public void broken(Throwable fault) {
    connection.broken(fault);
  }
}
