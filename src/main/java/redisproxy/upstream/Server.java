package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import redisproxy.resp.CommandTable;

/**
 * What the proxy knows of the server behind it. Immutable; outlives a connection, so that sessions
 * can begin during an outage.
 *
 * @param hello what HELLO says of it, by name, without what belongs to one connection; empty when
 *     it does not know HELLO or has modules
 * @param commands its own table of commands
 */
public record Server(Map<String, String> hello, CommandTable commands) {
  public static final Server UNKNOWN = new Server(Map.of(), CommandTable.EMPTY);

  /** Asks a server for what it is; what it does not tell stays unknown. */
  static Future<Server> ask(RedisConnection connection) {
    Future<Map<String, String>> hello =
        connection.send(Request.cmd(Command.HELLO).arg(2)).map(Server::hello).otherwise(Map.of());
    Future<CommandTable> commands =
        connection
            .send(Request.cmd(Command.COMMAND))
            .map(Server::table)
            .otherwise(CommandTable.EMPTY);
    return Future.join(hello, commands).map(both -> new Server(hello.result(), commands.result()));
  }

  private static Map<String, String> hello(Response pairs) {
    Map<String, String> hello = new HashMap<>();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      Response value = pairs.get(i + 1);
      if (pairs.get(i).toString().equals("modules")) {
        if (value.size() > 0) {
          return Map.of();
        }
      } else {
        hello.put(pairs.get(i).toString(), value.toString());
      }
    }
    return Map.copyOf(hello);
  }

  private static CommandTable table(Response rows) {
    Map<String, CommandTable.Row> table = new HashMap<>();
    for (Response row : rows) {
      Set<String> flags = new HashSet<>();
      row.get(2).forEach(flag -> flags.add(flag.toString()));
      table.put(
          row.get(0).toString().toLowerCase(Locale.ROOT),
          new CommandTable.Row(
              Set.copyOf(flags),
              row.get(3).toInteger(),
              row.get(4).toInteger(),
              row.get(5).toInteger()));
    }
    return new CommandTable(table);
  }
}
