package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import redisproxy.command.CommandTable;

/**
 * What the proxy knows about the Redis server. Immutable; outlives a connection, so that sessions
 * can begin during an outage.
 *
 * @param hello the fields of the server's HELLO reply, by name; empty if it does not know HELLO
 * @param modules the modules in the HELLO reply
 * @param commands the server's own table of commands
 */
public record Server(Map<String, String> hello, Modules modules, CommandTable commands) {
  /** The role of a server that accepts writes. */
  public static final String MASTER = "master";

  public static final Server UNKNOWN = new Server(Map.of(), Modules.NONE, CommandTable.EMPTY);

  /**
   * The list of modules as HELLO gives it, ready to send, one byte for each character. It is an
   * array of maps in RESP3; in RESP2 each map is an array.
   */
  public record Modules(String resp2, String resp3) {
    public static final Modules NONE = new Modules("*0\r\n", "*0\r\n");

    private static Modules of(Response list) {
      return new Modules(encoded(list, false), encoded(list, true));
    }

    private static String encoded(Response list, boolean resp3) {
      StringBuilder to = new StringBuilder("*" + list.size() + "\r\n");
      for (Response module : list) {
        to.append(resp3 ? "%" + module.size() / 2 : "*" + module.size()).append("\r\n");
        module.forEach(field -> append(field, to));
      }
      return to.toString();
    }

    private static void append(Response value, StringBuilder to) {
      switch (value.type()) {
        case MULTI -> {
          to.append('*').append(value.size()).append("\r\n");
          value.forEach(element -> append(element, to));
        }
        case NUMBER -> to.append(':').append(value).append("\r\n");
        default -> {
          String text = value.toString(StandardCharsets.ISO_8859_1);
          to.append('$').append(text.length()).append("\r\n").append(text).append("\r\n");
        }
      }
    }
  }

  /** Asks a server for its properties; those that it does not report stay unknown. */
  public static Future<Server> ask(RedisConnection connection) {
    Future<Server> hello = hello(connection).otherwise(UNKNOWN);
    Future<CommandTable> commands =
        connection
            .send(Request.cmd(Command.COMMAND))
            .map(CommandReply::table)
            .otherwise(CommandTable.EMPTY);
    return Future.join(hello, commands)
        .map(
            both ->
                new Server(hello.result().hello(), hello.result().modules(), commands.result()));
  }

  /** Asks a server for its role; empty if it does not report one. */
  public static Future<String> role(RedisConnection connection) {
    return hello(connection).map(Server::role);
  }

  /** Its role; empty if it has not reported one. */
  public String role() {
    return hello.getOrDefault("role", "");
  }

  /** Whether this is a master's reply to HELLO. */
  public static boolean saysMaster(String reply) {
    return reply.contains("role\r\n$6\r\nmaster\r\n");
  }

  private static Future<Server> hello(RedisConnection connection) {
    return connection.send(Request.cmd(Command.HELLO).arg(2)).map(Server::hello);
  }

  private static Server hello(Response pairs) {
    Map<String, String> hello = new HashMap<>();
    Modules modules = Modules.NONE;
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      Response value = pairs.get(i + 1);
      if (pairs.get(i).toString().equals("modules")) {
        modules = Modules.of(value);
      } else {
        hello.put(pairs.get(i).toString(), value.toString());
      }
    }
    return new Server(Map.copyOf(hello), modules, CommandTable.EMPTY);
  }
}
