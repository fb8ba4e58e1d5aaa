package redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One command: what it changes, by the server's own COMMAND reply
 * (https://redis.io/docs/latest/commands/command/), and what it means for the session that says it,
 * by its name. Immutable.
 */
public final class Command {
  /** What a command may have changed when its reply comes. */
  enum Effect {
    NOTHING,
    /** The keys among its arguments. */
    KEYS,
    /** Keys that only Redis knows. */
    UNKNOWN,
    /** Keys of which Redis tells nobody. */
    EVERYTHING,
    /** No key, but perhaps who may log in. */
    ACCESS
  }

  /** What a command changes in how the replies of its session are to be read. */
  public enum Kind {
    PLAIN,
    MULTI,
    EXEC,
    DISCARD,
    RESET,
    CLIENT,
    WATCH,
    UNWATCH,
    SELECT,
    HELLO,
    AUTH,
    /** Each channel is confirmed on its own. */
    SUBSCRIBES,
    /** No more replies follow its own, but a stream. */
    STREAMS,
    /** There may be no reply, or one that is no RESP. */
    DOUBTFUL
  }

  /** Flagged neither as reads nor as writes, and leaving every key's value as it was. */
  private static final Set<String> HARMLESS =
      Set.of(
          ("asking auth bgrewriteaof bgsave client cluster command discard echo exec hello info lastsave"
                  + " latency lolwut memory monitor multi object ping psubscribe psync publish pubsub punsubscribe quit readonly"
                  + " readwrite replconf reset role save script select slowlog spublish ssubscribe subscribe"
                  + " sunsubscribe sync time unsubscribe unwatch wait waitaof watch xinfo")
              .split(" "));

  /** Their subcommands may change who may log in, but for those that only tell. */
  private static final Set<String> ACCESS = Set.of("acl", "config");

  private static final Set<String> TELLING =
      Set.of(
          ("cat dryrun genpass get getuser help list log resetstat rewrite save users" + " whoami")
              .split(" "));

  /** They put other keys in place of those there were, and Redis tells nobody, or not surely. */
  private static final Set<String> REPLACING =
      Set.of("debug", "failover", "replicaof", "slaveof", "swapdb");

  /**
   * Flagged as a read, but it keeps the count within the value, so GET gives other bytes
   * afterwards.
   */
  private static final String WRITING_READ = "pfcount";

  /** They write whatever was there before. */
  private static final Set<String> STORES = Set.of("set", "setex", "psetex", "mset", "hmset");

  /** Options of SET that do not make it depend on what was there before. */
  private static final Set<String> TIMES = Set.of("ex", "px", "exat", "pxat");

  /**
   * They leave nothing behind on their connection, and their replies are short whatever the data:
   * numbers, simple strings, nil, and of SET with GET the old value, which is told apart.
   */
  private static final Set<String> TERSE =
      Set.of(
          ("append bitcount bitop copy decr decrby del exists expire expireat expiretime getbit hdel hexists"
                  + " hincrby hincrbyfloat hlen hmset hset hsetnx hstrlen incr incrby incrbyfloat linsert llen"
                  + " lpush lpushx lrem lset ltrim mset msetnx persist pexpire pexpireat pexpiretime pfadd"
                  + " psetex pttl rename renamenx rpush rpushx sadd scard set setbit setex setnx setrange"
                  + " sismember smove srem strlen touch ttl type unlink xack xdel xlen zadd zcard zcount"
                  + " zincrby zlexcount zrem zremrangebylex zremrangebyrank zremrangebyscore zscore")
              .split(" "));

  /** They may wait for what another client or a replica does; so says the server, from 7.0 on. */
  private static final Set<String> BLOCKING =
      Set.of(
          ("blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin wait waitaof xread"
                  + " xreadgroup")
              .split(" "));

  /** Of the blocking ones, those that wait only with the option BLOCK. */
  private static final Set<String> OPTIONALLY_BLOCKING = Set.of("xread", "xreadgroup");

  private static final CommandTable.Row NO_ROW = new CommandTable.Row(Set.of(), 0, 0, 0);

  /** Longer than any subcommand's name. */
  private static final int MAX_SUBCOMMAND = 64;

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("multi", Kind.MULTI),
          Map.entry("exec", Kind.EXEC),
          Map.entry("discard", Kind.DISCARD),
          Map.entry("reset", Kind.RESET),
          Map.entry("client", Kind.CLIENT),
          Map.entry("watch", Kind.WATCH),
          Map.entry("unwatch", Kind.UNWATCH),
          Map.entry("select", Kind.SELECT),
          Map.entry("hello", Kind.HELLO),
          Map.entry("auth", Kind.AUTH),
          Map.entry("subscribe", Kind.SUBSCRIBES),
          Map.entry("psubscribe", Kind.SUBSCRIBES),
          Map.entry("ssubscribe", Kind.SUBSCRIBES),
          Map.entry("unsubscribe", Kind.SUBSCRIBES),
          Map.entry("punsubscribe", Kind.SUBSCRIBES),
          Map.entry("sunsubscribe", Kind.SUBSCRIBES),
          Map.entry("monitor", Kind.STREAMS),
          Map.entry("psync", Kind.STREAMS),
          Map.entry("sync", Kind.DOUBTFUL),
          Map.entry("replconf", Kind.DOUBTFUL));

  /** What is not in the table may have changed any key. */
  static final Command UNLISTED =
      new Command("", Effect.UNKNOWN, NO_ROW, KeySpecs.UNKNOWN, Map.of());

  /** What Redis refuses for its number of arguments. */
  static final Command REFUSED = new Command("", Effect.NOTHING, NO_ROW, KeySpecs.NONE, Map.of());

  private final String name;
  final byte[] bytes;
  private final Kind kind;
  final Effect effect;
  private final KeySpecs keys;
  private final Set<String> tips;

  /** By their own names. */
  private final Map<String, Command> subcommands;

  private final boolean stores;
  private final boolean harmless;
  private final boolean terse;
  private final boolean blocking;

  private Command(
      String name,
      Effect effect,
      CommandTable.Row row,
      KeySpecs keys,
      Map<String, Command> subcommands) {
    this.name = name;
    this.blocking = row.flags().contains("blocking") || BLOCKING.contains(name);
    this.bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    this.kind = KINDS.getOrDefault(name, Kind.PLAIN);
    this.effect = effect;
    this.keys = keys;
    this.tips = row.tips();
    this.subcommands = subcommands;
    this.stores = STORES.contains(name);
    this.harmless = HARMLESS.contains(name);
    this.terse = TERSE.contains(name) && (effect == Effect.KEYS || effect == Effect.NOTHING);
  }

  /** All that are known: those the server lists, and by name those whose effect is known. */
  static Map<String, Command> all(Map<String, CommandTable.Row> listed) {
    Map<String, Command> all = new HashMap<>();
    for (Set<String> names : List.of(HARMLESS, ACCESS, REPLACING)) {
      names.forEach(name -> all.put(name, of(name, NO_ROW)));
    }
    listed.forEach((name, row) -> all.put(name, of(name, row)));
    return all;
  }

  private static Command of(String name, CommandTable.Row row) {
    Map<String, Command> subcommands = new HashMap<>();
    row.subcommands()
        .forEach((sub, its) -> subcommands.put(sub, of(name, name + "|" + sub, its, Map.of())));
    return of(name, name, row, Map.copyOf(subcommands));
  }

  private static Command of(
      String name, String fullName, CommandTable.Row row, Map<String, Command> subcommands) {
    KeySpecs keys = KeySpecs.of(fullName, row);
    return new Command(name, effect(name, row, keys), row, keys, subcommands);
  }

  private static Effect effect(String name, CommandTable.Row row, KeySpecs keys) {
    if (HARMLESS.contains(name)) {
      return Effect.NOTHING;
    }
    if (ACCESS.contains(name)) {
      return Effect.ACCESS;
    }
    if (REPLACING.contains(name)) {
      return Effect.EVERYTHING;
    }
    boolean reads = row.flags().contains("readonly");
    if (reads && !name.equals(WRITING_READ)) {
      return Effect.NOTHING;
    }
    boolean writes = reads || row.flags().contains("write");
    return writes && keys.areKnown() ? Effect.KEYS : Effect.UNKNOWN;
  }

  /** Of a request of it: its subcommand, if the request names one. */
  Command orSubcommand(Request request) {
    return subcommands.isEmpty() || request.count() < 2
        ? this
        : subcommands.getOrDefault(request.lowerCase(1, MAX_SUBCOMMAND), this);
  }

  /** Where its keys are. */
  KeySpecs keys() {
    return keys;
  }

  /**
   * What the server tells clients of it
   * (https://redis.io/docs/latest/develop/reference/command-tips/).
   */
  public Set<String> tips() {
    return tips;
  }

  /** In lower case; empty when it is not in the table. */
  public String name() {
    return name;
  }

  /**
   * Whether a simple string in reply to such a request tells nothing of what is in Redis: a client
   * that has seen it knows no more than before.
   */
  public boolean isBlind(Request request) {
    if (!stores) {
      return harmless;
    }
    return !name.equals("set")
        || request.isWhole() && request.count() == 3
        || request.isWhole() && request.count() == 5 && TIMES.contains(request.lowerCase(3, 8));
  }

  /**
   * Whether such a request leaves nothing behind on its connection, writes known keys if any, and
   * has a short reply.
   */
  public boolean isTerse(Request request) {
    return terse && (!name.equals("set") || !hasGet(request));
  }

  private static boolean hasGet(Request request) {
    for (int i = 3; i < request.count(); i++) {
      if (request.lowerCase(i, 4).equals("get")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether Redis may keep such a request waiting for long, or answers it with a stream: a client
   * that leaves meanwhile must be reported to Redis at once, or it takes what another waits for.
   */
  boolean mayWait(Request request) {
    if (kind == Kind.SUBSCRIBES || kind == Kind.STREAMS || kind == Kind.DOUBTFUL) {
      return true;
    }
    // A server that tells no table has them unlisted.
    String called = name.isEmpty() && request.count() > 0 ? request.lowerCase(0, 16) : name;
    if (!blocking && !BLOCKING.contains(called)) {
      return false;
    }
    return !OPTIONALLY_BLOCKING.contains(called) || !request.isWhole() || hasBlock(request);
  }

  private static boolean hasBlock(Request request) {
    for (int i = 1; i < request.count(); i++) {
      String option = request.lowerCase(i, 8);
      if (option.equals("block") || option.equals("streams")) {
        return option.equals("block");
      }
    }
    return false;
  }

  /** Whether a request of ACL or CONFIG cannot change who may log in. */
  static boolean onlyTells(Request request) {
    return request.count() > 1 && TELLING.contains(request.lowerCase(1, 16));
  }

  /** This, unless it begins or ends a transaction: that takes no arguments. */
  Command accepted(Request request) {
    return switch (kind) {
      case MULTI, EXEC, DISCARD, RESET ->
          request.isWhole() && request.count() == 1 ? this : REFUSED;
      default -> this;
    };
  }

  /** What it means for its session. */
  public Kind kind() {
    return kind;
  }
}
