package redisproxy.front.resp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.resp.Reply;
import redisproxy.upstream.Server;

/**
 * Answers the first requests of clients, in Redis's own words and without a connection to Redis:
 * HELLO without AUTH, CLIENT ID, SETNAME and SETINFO, and SELECT of the initial or the current
 * database. When a dedicated connection opens, the requests that still apply are sent to Redis.
 */
final class Handshake {
  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ConnectionState state;
  private final LongSupplier id;

  /** A HELLO that chose a version of RESP was answered here. */
  private boolean hasChosenResp;

  private boolean hasForwarded;

  /**
   * The handshake of a session.
   *
   * @param state changes with the requests that are answered here
   * @param id returns the session's id; called only when a reply contains it
   */
  Handshake(ConnectionState state, LongSupplier id) {
    this.state = state;
    this.id = id;
  }

  /** The state of the session's connection. */
  ConnectionState state() {
    return state;
  }

  /**
   * The requests that put a new connection to Redis into the state that the client expects. SELECT
   * comes last, because only a logged-in client may select a database.
   */
  byte[] requests() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    if (hasChosenResp) {
      all.writeBytes(hello());
    }
    state.names().values().forEach(all::writeBytes);
    if (state.db() != 0) {
      all.writeBytes(select());
    }
    if (hasForwarded) {
      all.writeBytes(PING);
    }
    return all.toByteArray();
  }

  /** The number of these {@link #requests}. */
  int requestCount() {
    return (hasChosenResp ? 1 : 0)
        + state.names().size()
        + (state.db() == 0 ? 0 : 1)
        + (hasForwarded ? 1 : 0);
  }

  /**
   * The requests that bring a connection of the pool into the client's database and version of
   * RESP.
   *
   * @param db the connection's database
   * @param isResp3 whether it speaks RESP3
   * @param isForWait whether a WAIT comes next. WAIT waits for the writes of its own connection.
   *     After any command on it, these include the earlier writes of other connections
   */
  List<byte[]> requestsFor(int db, boolean isResp3, boolean isForWait) {
    List<byte[]> all = new ArrayList<>(0);
    if (isResp3 != state.isResp3()) {
      all.add(hello());
    }
    if (db != state.db()) {
      all.add(select());
    }
    if (isForWait && all.isEmpty()) {
      all.add(PING);
    }
    return all;
  }

  private byte[] hello() {
    return request("HELLO", state.isResp3() ? "3" : "2");
  }

  private byte[] select() {
    return request("SELECT", Integer.toString(state.db()));
  }

  /** The requests that take all names from a connection that has those of the client. */
  List<byte[]> requestsWithoutNames() {
    List<byte[]> all = new ArrayList<>();
    all.add(request("CLIENT", "SETNAME", ""));
    for (String kind : state.names().keySet()) {
      if (!kind.equals(ConnectionState.SETNAME)) {
        all.add(request("CLIENT", "SETINFO", kind, ""));
      }
    }
    return all;
  }

  private static byte[] request(String... words) {
    StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      bulk(request, word);
    }
    return request.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** A write of the client went to Redis over a shared connection. */
  void forwarded() {
    hasForwarded = true;
  }

  /** The reply, or null if only Redis can give it. */
  byte @Nullable [] answer(Request request, Server server) {
    return switch (request.lowerCase(0, 8)) {
      case "hello" -> hello(request, server);
      case "client" -> client(request);
      case "select" -> select(request);
      default -> null;
    };
  }

  private byte @Nullable [] select(Request request) {
    String number = request.count() == 2 ? request.text(1, 11) : "";
    if (number.equals("" + state.home())) {
      state.select(state.home());
      return Reply.OK;
    }
    return number.equals("" + state.db()) ? Reply.OK : null;
  }

  private byte @Nullable [] hello(Request request, Server server) {
    if (server.hello().isEmpty() || request.count() > 2) {
      return null;
    }
    String version = request.count() == 1 ? (state.isResp3() ? "3" : "2") : request.text(1, 2);
    if (!version.equals("2") && !version.equals("3")) {
      return null;
    }
    boolean resp3 = version.equals("3");
    state.speak(resp3);
    if (request.count() == 2) {
      // HELLO without a version changes nothing.
      hasChosenResp = true;
    }
    Map<String, String> known = server.hello();
    StringBuilder reply = new StringBuilder(resp3 ? "%7\r\n" : "*14\r\n");
    bulk(bulk(reply, "server"), known.getOrDefault("server", "redis"));
    bulk(bulk(reply, "version"), known.getOrDefault("version", ""));
    bulk(reply, "proto").append(':').append(version).append("\r\n");
    bulk(reply, "id").append(':').append(id.getAsLong()).append("\r\n");
    bulk(bulk(reply, "mode"), known.getOrDefault("mode", "standalone"));
    bulk(bulk(reply, "role"), known.getOrDefault("role", "master"));
    bulk(reply, "modules").append(resp3 ? server.modules().resp3() : server.modules().resp2());
    return reply.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static StringBuilder bulk(StringBuilder to, String text) {
    return to.append('$').append(text.length()).append("\r\n").append(text).append("\r\n");
  }

  private byte @Nullable [] client(Request request) {
    if (request.count() == 2 && request.lowerCase(1, 4).equals("id")) {
      return (":" + id.getAsLong() + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }
    if (!ConnectionState.isNaming(request) || !isPlain(request, request.count() - 1)) {
      return null;
    }
    state.named(request);
    return Reply.OK;
  }

  /**
   * Whether an argument is a valid name of at most 64 bytes. Redis refuses blanks and control
   * characters in names, and reports that itself.
   */
  private static boolean isPlain(Request request, int argument) {
    String text = request.text(argument, 65);
    return text.length() <= 64 && text.chars().allMatch(c -> c >= '!' && c <= '~');
  }
}
