package redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One command. The server's COMMAND reply (https://redis.io/docs/latest/commands/command/) says
 * which data it changes. Its name says how it changes the session that sends it. Immutable.
 */
public final class Command {
  /** What a command may have changed by the time its reply arrives. */
  enum Effect {
    NOTHING,
    /** The keys among its arguments. */
    KEYS,
    /** Keys that only Redis knows. */
    UNKNOWN,
    /** Any key, and Redis may send no invalidation for it. */
    EVERYTHING,
    /** No key, but perhaps the users that may log in. */
    ACCESS
  }

  /** How a command changes the way its session's replies are read. */
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
    /** Redis confirms each channel with a reply of its own. */
    SUBSCRIBES,
    /** After its reply, Redis sends a stream instead of replies. */
    STREAMS,
    /** Redis may send no reply, or one that is not RESP. */
    DOUBTFUL
  }

  /** Redis flags these as neither reads nor writes. They change no key's value. */
  private static final Set<String> HARMLESS =
      Set.of(
          ("asking auth bgrewriteaof bgsave client cluster command discard echo exec hello info lastsave"
                  + " latency lolwut memory monitor multi object ping psubscribe psync publish pubsub punsubscribe quit readonly"
                  + " readwrite replconf reset role save script select slowlog spublish ssubscribe subscribe"
                  + " sunsubscribe sync time unsubscribe unwatch wait waitaof watch xinfo")
              .split(" "));

  /** Their subcommands may change who may log in, except for {@link #ACCESS_NEUTRAL}. */
  private static final Set<String> ACCESS = Set.of("acl", "config");

  /** Subcommands of ACL and CONFIG that cannot change who may log in. */
  private static final Set<String> ACCESS_NEUTRAL =
      Set.of(
          ("cat dryrun genpass get getuser help list log resetstat rewrite save users" + " whoami")
              .split(" "));

  /** These may replace the whole data set, and Redis may send no invalidations for that. */
  private static final Set<String> REPLACING =
      Set.of("debug", "failover", "replicaof", "slaveof", "swapdb");

  /**
   * Redis flags PFCOUNT as a read, but it caches the count inside of the value. So a GET returns
   * other bytes afterwards.
   */
  private static final String WRITING_READ = "pfcount";

  /** Their arguments are keys, and the cache can look up each on its own. */
  private static final Set<String> READS_OF_KEYS = Set.of("exists", "mget");

  /** These write a value no matter what the key held before. */
  private static final Set<String> STORES = Set.of("set", "setex", "psetex", "mset", "hmset");

  /** Options of SET whose result does not depend on what the key held before. */
  private static final Set<String> TIMES = Set.of("ex", "px", "exat", "pxat");

  /**
   * These do not change the state of their connection, and their replies are always short: numbers,
   * simple strings or nil. SET with GET returns the old value; {@link #isTerse} excludes it.
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

  /**
   * These may wait for another client or a replica. Redis flags them as blocking from 7.0 on, so
   * this list is for older servers.
   */
  private static final Set<String> BLOCKING =
      Set.of(
          ("blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin wait waitaof xread"
                  + " xreadgroup")
              .split(" "));

  /** Blocking commands that wait only if they have the option BLOCK. */
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

  /** A command that is not in the table. It may have changed any key. */
  static final Command UNLISTED =
      new Command("", Effect.UNKNOWN, NO_ROW, KeySpecs.UNKNOWN, Map.of());

  /** A command that Redis refuses because of its number of arguments. */
  static final Command REFUSED = new Command("", Effect.NOTHING, NO_ROW, KeySpecs.NONE, Map.of());

  private final String name;
  final byte[] bytes;
  private final Kind kind;
  final Effect effect;
  private final KeySpecs keys;
  private final Set<String> tips;

  /** The subcommands by name. */
  private final Map<String, Command> subcommands;

  /** What every request leaves on its connection; null if that depends on its subcommand. */
  private final @Nullable Pin pin;

  private final boolean stores;
  private final boolean harmless;
  private final boolean terse;
  private final boolean blocking;
  private final boolean readsKeys;

  private Command(
      String name,
      Effect effect,
      CommandTable.Row row,
      KeySpecs keys,
      Map<String, Command> subcommands) {
    this.name = name;
    this.pin = Pin.of(name, row.flags());
    this.blocking = row.flags().contains("blocking") || BLOCKING.contains(name);
    this.bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    this.kind = KINDS.getOrDefault(name, Kind.PLAIN);
    this.effect = effect;
    this.keys = keys;
    this.readsKeys =
        effect == Effect.NOTHING
            && row.flags().contains("readonly")
            && row.firstKey() == 1
            && (row.lastKey() == 1 || READS_OF_KEYS.contains(name));
    this.tips = row.tips();
    this.subcommands = subcommands;
    this.stores = STORES.contains(name);
    this.harmless = HARMLESS.contains(name);
    this.terse = TERSE.contains(name) && (effect == Effect.KEYS || effect == Effect.NOTHING);
  }

  /** Returns the commands that the server lists, and the built-in ones that it does not list. */
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

  /** The subcommand if the request names a known one, else this command. */
  Command orSubcommand(Request request) {
    return subcommands.isEmpty() || request.count() < 2
        ? this
        : subcommands.getOrDefault(request.lowerCase(1, MAX_SUBCOMMAND), this);
  }

  /** Where the command's keys are. */
  KeySpecs keys() {
    return keys;
  }

  /** The server's command tips (https://redis.io/docs/latest/develop/reference/command-tips/). */
  public Set<String> tips() {
    return tips;
  }

  /**
   * Whether the server calls it a read of the key that is its first argument. Or of all its
   * arguments, for MGET and EXISTS.
   */
  public boolean readsKeys() {
    return readsKeys;
  }

  /** The name in lower case; empty if the command is not in the table. */
  public String name() {
    return name;
  }

  /**
   * Whether a simple-string reply to this request reveals nothing about the data in Redis: the
   * client knows no more than before.
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
   * Whether this request may go over a shared connection: it does not change the connection's
   * state, writes only known keys, and has a short reply.
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
   * Whether Redis may block this request for a long time, or answers it with a stream. If the
   * client disconnects while it waits, Redis must learn that at once. Otherwise the request could
   * still take an element that another client waits for.
   */
  boolean mayWait(Request request) {
    if (kind == Kind.SUBSCRIBES || kind == Kind.STREAMS || kind == Kind.DOUBTFUL) {
      return true;
    }
    // Without a command table from the server, blocking commands are unlisted and have no name.
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
  static boolean isAccessNeutral(Request request) {
    return request.count() > 1 && ACCESS_NEUTRAL.contains(request.lowerCase(1, 16));
  }

  /**
   * This command, or {@link #REFUSED} if it begins or ends a transaction and the request has
   * arguments: Redis refuses those.
   */
  Command accepted(Request request) {
    return switch (kind) {
      case MULTI, EXEC, DISCARD, RESET ->
          request.isWhole() && request.count() == 1 ? this : REFUSED;
      default -> this;
    };
  }

  /** What every request leaves on its connection; null if that depends on its subcommand. */
  @Nullable Pin pin() {
    // Redis refuses such a request before it has any effect.
    return this == REFUSED ? Pin.NONE : pin;
  }

  /** How the command changes the way its session's replies are read. */
  public Kind kind() {
    return kind;
  }
}
