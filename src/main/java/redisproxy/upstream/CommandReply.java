package redisproxy.upstream;

import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import redisproxy.command.CommandTable;
import redisproxy.command.CommandTable.Row;
import redisproxy.command.KeySpec;

/**
 * Reads the reply to COMMAND (https://redis.io/docs/latest/commands/command/), in RESP2. Rows of
 * Redis 6 have no tips, key specifications and subcommands.
 */
final class CommandReply {
  private static final int NAME = 0;
  private static final int FLAGS = 2;
  private static final int FIRST_KEY = 3;
  private static final int LAST_KEY = 4;
  private static final int STEP = 5;
  private static final int TIPS = 7;
  private static final int KEY_SPECS = 8;
  private static final int SUBCOMMANDS = 9;

  private CommandReply() {}

  static CommandTable table(Response rows) {
    return new CommandTable(rows(rows));
  }

  private static Map<String, Row> rows(Response rows) {
    Map<String, Row> all = new HashMap<>();
    for (Response row : rows) {
      String name = row.get(NAME).toString().toLowerCase(Locale.ROOT);
      // A subcommand's name begins with that of its command: "config|get".
      all.put(name.substring(name.indexOf('|') + 1), row(row));
    }
    return Map.copyOf(all);
  }

  private static Row row(Response row) {
    boolean isOfVersion7 = row.size() > SUBCOMMANDS;
    return new Row(
        texts(row.get(FLAGS)),
        row.get(FIRST_KEY).toInteger(),
        row.get(LAST_KEY).toInteger(),
        row.get(STEP).toInteger(),
        isOfVersion7 ? keySpecs(row.get(KEY_SPECS)) : List.of(),
        isOfVersion7 ? texts(row.get(TIPS)) : Set.of(),
        isOfVersion7 ? rows(row.get(SUBCOMMANDS)) : Map.of());
  }

  private static Set<String> texts(Response list) {
    Set<String> texts = new HashSet<>();
    list.forEach(text -> texts.add(text.toString()));
    return Set.copyOf(texts);
  }

  private static List<KeySpec> keySpecs(Response list) {
    List<KeySpec> specs = new ArrayList<>();
    for (Response spec : list) {
      Map<String, Response> fields = fields(spec);
      specs.add(
          new KeySpec(
              texts(field(fields, "flags")),
              begin(fields(field(fields, "begin_search"))),
              find(fields(field(fields, "find_keys")))));
    }
    return List.copyOf(specs);
  }

  private static KeySpec.Begin begin(Map<String, Response> search) {
    Map<String, Response> spec = fields(field(search, "spec"));
    return switch (field(search, "type").toString()) {
      case "index" -> new KeySpec.Index(number(spec, "index"));
      case "keyword" ->
          new KeySpec.Keyword(
              field(spec, "keyword").toString().toLowerCase(Locale.ROOT),
              number(spec, "startfrom"));
      default -> new KeySpec.Unknown();
    };
  }

  private static KeySpec.Find find(Map<String, Response> keys) {
    Map<String, Response> spec = fields(field(keys, "spec"));
    if (spec.containsKey("keystep") && number(spec, "keystep") < 1) {
      return new KeySpec.Unknown();
    }
    return switch (field(keys, "type").toString()) {
      case "range" ->
          new KeySpec.Range(
              number(spec, "lastkey"), number(spec, "keystep"), number(spec, "limit"));
      case "keynum" ->
          new KeySpec.Count(
              number(spec, "keynumidx"), number(spec, "firstkey"), number(spec, "keystep"));
      default -> new KeySpec.Unknown();
    };
  }

  private static int number(Map<String, Response> spec, String name) {
    return field(spec, name).toInteger();
  }

  private static Response field(Map<String, Response> fields, String name) {
    return Objects.requireNonNull(fields.get(name), name);
  }

  /** Makes a map of names and values that alternate. */
  private static Map<String, Response> fields(Response pairs) {
    Map<String, Response> fields = new HashMap<>();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      fields.put(pairs.get(i).toString(), pairs.get(i + 1));
    }
    return fields;
  }
}
