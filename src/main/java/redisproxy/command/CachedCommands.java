package redisproxy.command;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redisproxy.command.CachedCommand.Fields;
import redisproxy.command.CachedCommand.Resp3;

/**
 * The commands whose replies are cached, beside GET: by default every pure read of one key, and
 * MGET and EXISTS of several.
 *
 * <p>The list cannot be derived from the flags of COMMAND. These allow XINFO and OBJECT ENCODING,
 * although Redis does not report when their replies change. So the list is fixed, and only what the
 * server calls a read of one key is taken from it (docs/decisions.md). Immutable.
 */
public final class CachedCommands {
  private static final String POINTS =
      "mget exists strlen type getbit bitcount bitpos bitfield_ro hlen lindex llen lpos smembers scard"
          + " sismember smismember zcard zcount zlexcount zscore zmscore zrank zrevrank geopos"
          + " geodist geohash xlen";

  private static final String RANGES =
      "getrange substr lrange zrange zrevrange zrangebyscore zrevrangebyscore zrangebylex"
          + " zrevrangebylex geosearch georadius_ro georadiusbymember_ro xrange xrevrange";

  private static final String OF_FIELDS = "hget hmget hexists hstrlen";

  private static final String OF_ALL_FIELDS = "hgetall hkeys hvals";

  /**
   * Replies of integers, strings, and arrays of these, without a null within an array. HMGET and
   * GEOHASH have such nulls. ZSCORE and GEOPOS have numbers that RESP3 writes in another way.
   */
  private static final Set<String> SAME_IN_RESP3 =
      Set.of(
          ("strlen type exists getbit bitcount bitpos bitfield_ro getrange substr hlen hget hexists"
                  + " hstrlen hkeys hvals lindex llen lpos lrange scard sismember smismember zcard"
                  + " zcount zlexcount zrangebylex zrevrangebylex geodist xlen xrange xrevrange")
              .split(" "));

  private static final Set<String> SAME_WITHOUT_SCORES =
      Set.of("zrank", "zrevrank", "zrange", "zrevrange", "zrangebyscore", "zrevrangebyscore");

  private static final Map<String, CachedCommand> DEFAULT = byDefault();

  /** GET alone. */
  public static final CachedCommands NONE = new CachedCommands(Map.of());

  private final Map<String, CachedCommand> commands;

  private CachedCommands(Map<String, CachedCommand> commands) {
    this.commands = Map.copyOf(commands);
  }

  private static Map<String, CachedCommand> byDefault() {
    Map<String, CachedCommand> all = new HashMap<>();
    add(all, POINTS, false, Fields.NONE);
    add(all, RANGES, true, Fields.NONE);
    add(all, OF_FIELDS, false, Fields.NAMED);
    add(all, OF_ALL_FIELDS, false, Fields.ALL);
    return Map.copyOf(all);
  }

  private static void add(
      Map<String, CachedCommand> all, String names, boolean isRange, Fields fields) {
    for (String name : List.of(names.split(" "))) {
      all.put(name, new CachedCommand(name, isRange, fields, resp3(name)));
    }
  }

  /** The names of the commands that are cached by default, beside GET. */
  public static Set<String> defaults() {
    return DEFAULT.keySet();
  }

  private static Resp3 resp3(String name) {
    if (SAME_IN_RESP3.contains(name)) {
      return Resp3.SAME;
    }
    return switch (name) {
      case "hgetall" -> Resp3.MAP;
      case "smembers" -> Resp3.SET;
      default -> SAME_WITHOUT_SCORES.contains(name) ? Resp3.SAME_WITHOUT_SCORES : Resp3.OTHER;
    };
  }

  /**
   * The commands that a setting names.
   *
   * @param names in lower case: {@code default}, {@code get}, names of commands, and names behind a
   *     minus sign that are left out. None means the default, and so do left-out ones alone.
   */
  public static CachedCommands of(List<String> names) {
    boolean isDefault =
        names.contains("default") || names.stream().allMatch(name -> name.startsWith("-"));
    Map<String, CachedCommand> commands = new HashMap<>(isDefault ? DEFAULT : Map.of());
    for (String name : names) {
      if (name.startsWith("-")) {
        commands.remove(name.substring(1));
      } else if (!name.equals("default") && !name.equals("get")) {
        CachedCommand known = DEFAULT.get(name);
        commands.put(
            name, known == null ? new CachedCommand(name, true, Fields.NONE, Resp3.OTHER) : known);
      }
    }
    return new CachedCommands(commands);
  }

  /** The names of the commands, with GET, in order. */
  public List<String> names() {
    List<String> names = new ArrayList<>(commands.keySet());
    names.add("get");
    Collections.sort(names);
    return names;
  }

  /** The command of a request if its reply is cached, or null. */
  public @Nullable CachedCommand of(Request request) {
    Command command = request.command();
    if (!command.readsKeys()) {
      return null;
    }
    CachedCommand cached = commands.get(command.name());
    return cached != null && cached.covers(request) ? cached : null;
  }
}
