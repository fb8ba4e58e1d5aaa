package redisproxy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import redisproxy.resp.Reply;
import redisproxy.resp.RequestParser;
import redisproxy.upstream.Server;

/**
 * What clients say before anything else, answered in Redis's own words without a connection to
 * Redis: HELLO without AUTH, CLIENT SETNAME and SETINFO, SELECT of the database they are in. Taken
 * down, to be said to Redis when a tunnel opens.
 */
final class Handshake {
  private static final AtomicLong IDS = new AtomicLong();

  private final int db;
  private final long id = IDS.incrementAndGet();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private int commands;
  private boolean resp3;

  /** The handshake of a session that begins in a database other than 0 begins with its SELECT. */
  Handshake(int db) {
    this.db = db;
    if (db != 0) {
      String number = Integer.toString(db);
      takeDown("*2\r\n$6\r\nSELECT\r\n$" + number.length() + "\r\n" + number + "\r\n");
    }
  }

  /** The requests that were answered here, as they are to be repeated. */
  byte[] said() {
    return said.toByteArray();
  }

  /** How many requests that is. */
  int commands() {
    return commands;
  }

  /** Whether the client speaks RESP3. */
  boolean isResp3() {
    return resp3;
  }

  /** The answer, or null when only Redis can give it. */
  byte[] answer(RequestParser request, Server server) {
    byte[] answer =
        switch (request.lowerCase(0, 8)) {
          case "hello" -> hello(request, server);
          case "client" -> client(request);
          case "select" ->
              request.count() == 2 && request.text(1, 11).equals("" + db) ? Reply.OK : null;
          default -> null;
        };
    if (answer != null) {
      takeDown(request);
    }
    return answer;
  }

  private byte[] hello(RequestParser request, Server server) {
    if (server.hello().isEmpty() || request.count() > 2) {
      return null;
    }
    String version = request.count() == 1 ? (resp3 ? "3" : "2") : request.text(1, 2);
    if (!version.equals("2") && !version.equals("3")) {
      return null;
    }
    resp3 = version.equals("3");
    Map<String, String> known = server.hello();
    StringBuilder reply = new StringBuilder(resp3 ? "%7\r\n" : "*14\r\n");
    bulk(bulk(reply, "server"), known.getOrDefault("server", "redis"));
    bulk(bulk(reply, "version"), known.getOrDefault("version", ""));
    bulk(reply, "proto").append(':').append(version).append("\r\n");
    bulk(reply, "id").append(':').append(id).append("\r\n");
    bulk(bulk(reply, "mode"), known.getOrDefault("mode", "standalone"));
    bulk(bulk(reply, "role"), known.getOrDefault("role", "master"));
    bulk(reply, "modules").append("*0\r\n");
    return reply.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static StringBuilder bulk(StringBuilder to, String text) {
    return to.append('$').append(text.length()).append("\r\n").append(text).append("\r\n");
  }

  private static byte[] client(RequestParser request) {
    boolean named = request.count() == 3 && request.lowerCase(1, 8).equals("setname");
    boolean told =
        request.count() == 4
            && request.lowerCase(1, 8).equals("setinfo")
            && (request.lowerCase(2, 9).equals("lib-name")
                || request.lowerCase(2, 8).equals("lib-ver"));
    return (named || told) && isPlain(request, request.count() - 1) ? Reply.OK : null;
  }

  /**
   * Redis takes no blanks and no control characters in names; what it would say of them it says
   * itself.
   */
  private static boolean isPlain(RequestParser request, int argument) {
    String text = request.text(argument, 65);
    return text.length() <= 64 && text.chars().allMatch(c -> c >= '!' && c <= '~');
  }

  private void takeDown(RequestParser request) {
    takeDown("*" + request.count() + "\r\n");
    for (int i = 0; i < request.count(); i++) {
      said.writeBytes(Reply.bulk(request.buffer(), request.start(i), request.length(i)));
    }
  }

  /** Begins a request, or is one. */
  private void takeDown(String text) {
    said.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    commands++;
  }
}
