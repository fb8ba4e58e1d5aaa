package redisproxy.front.resp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.resp.Reply;
import redisproxy.upstream.Server;

/**
 * What clients say before anything else, answered in Redis's own words without a connection to
 * Redis: HELLO without AUTH, CLIENT ID, SETNAME and SETINFO, SELECT of the database they began in
 * or are in. What holds of it in the end is said to Redis when a dedicated connection opens.
 */
final class Handshake {
  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);

  private final ConnectionState state;
  private final LongSupplier id;

  /** The last request of each kind that was answered here, in the order they are repeated in. */
  private final Map<String, byte[]> said = new LinkedHashMap<>();

  private boolean hasForwarded;

  /**
   * The handshake of a session.
   *
   * @param state changes with what is answered here
   * @param id the session's, which is asked for when it is told
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
   * What a connection to Redis is to be told so that it is as the client believes it to be; the
   * database, which only a logged-in client may select, last.
   */
  byte[] said() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    said.values().forEach(all::writeBytes);
    if (state.db() != 0) {
      String number = Integer.toString(state.db());
      String select = "*2\r\n$6\r\nSELECT\r\n$" + number.length() + "\r\n" + number + "\r\n";
      all.writeBytes(select.getBytes(StandardCharsets.US_ASCII));
    }
    if (hasForwarded) {
      // WAIT asks for the writes of its own connection: after any command these include what other
      // connections have written before.
      all.writeBytes(PING);
    }
    return all.toByteArray();
  }

  /** How many requests that is. */
  int commands() {
    return said.size() + (state.db() == 0 ? 0 : 1) + (hasForwarded ? 1 : 0);
  }

  /** Something the client has written went to Redis over a connection that is not its own. */
  void forwarded() {
    hasForwarded = true;
  }

  /** The answer, or null when only Redis can give it. */
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
      // Without a version it changes nothing.
      said.put("hello", request.array());
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
    boolean named = request.count() == 3 && request.lowerCase(1, 8).equals("setname");
    boolean told =
        request.count() == 4
            && request.lowerCase(1, 8).equals("setinfo")
            && (request.lowerCase(2, 9).equals("lib-name")
                || request.lowerCase(2, 8).equals("lib-ver"));
    if (!(named || told) || !isPlain(request, request.count() - 1)) {
      return null;
    }
    said.put(named ? "setname" : request.lowerCase(2, 8), request.array());
    return Reply.OK;
  }

  /**
   * Redis takes no blanks and no control characters in names; what it would say of them it says
   * itself.
   */
  private static boolean isPlain(Request request, int argument) {
    String text = request.text(argument, 65);
    return text.length() <= 64 && text.chars().allMatch(c -> c >= '!' && c <= '~');
  }
}
