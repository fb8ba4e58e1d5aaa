package redisproxy.command;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import redisproxy.command.KeySpec.Count;
import redisproxy.command.KeySpec.Index;
import redisproxy.command.KeySpec.Keyword;
import redisproxy.command.KeySpec.Option;
import redisproxy.command.KeySpec.Range;

/**
 * Where a command's keys are. Uses what the server reports. Redis 6 reports only keys at fixed
 * positions, so this class lists the positions for the other commands. Immutable.
 */
final class KeySpecs {
  private static final Set<String> READ = Set.of("RO");
  private static final Set<String> WRITTEN = Set.of("RW");
  private static final Set<String> OVERWRITTEN = Set.of("OW");

  private static final Range ONE = new Range(0, 1, 0);
  private static final Range ALL = new Range(-1, 1, 0);
  private static final Range HALF = new Range(-1, 1, 2);
  private static final Count COUNTED = new Count(0, 1, 1);

  /** No version of Redis reports all keys of these commands. */
  private static final Map<String, List<KeySpec>> OPTIONAL =
      Map.of(
          "sort",
          List.of(
              new KeySpec(READ, new Index(1), ONE),
              new KeySpec(
                  OVERWRITTEN, new Option("store", 2, Map.of("limit", 2, "get", 1, "by", 1)), ONE)),
          "sort_ro",
          List.of(new KeySpec(READ, new Index(1), ONE)),
          "migrate",
          List.of(
              new KeySpec(WRITTEN, new Index(3), ONE),
              new KeySpec(WRITTEN, new Option("keys", 6, Map.of("auth", 1, "auth2", 2)), ALL)));

  private static final List<KeySpec> STORE_COUNTED =
      List.of(
          new KeySpec(OVERWRITTEN, new Index(1), ONE), new KeySpec(READ, new Index(2), COUNTED));

  private static final List<KeySpec> READ_COUNTED =
      List.of(new KeySpec(READ, new Index(1), COUNTED));

  private static final List<KeySpec> SCRIPT = List.of(new KeySpec(WRITTEN, new Index(2), COUNTED));

  private static final Map<String, List<KeySpec>> OF_VERSION_6 =
      Map.ofEntries(
          entry("zunionstore", STORE_COUNTED),
          entry("zinterstore", STORE_COUNTED),
          entry("zdiffstore", STORE_COUNTED),
          entry("zunion", READ_COUNTED),
          entry("zinter", READ_COUNTED),
          entry("zdiff", READ_COUNTED),
          entry("eval", SCRIPT),
          entry("evalsha", SCRIPT),
          entry("georadius", radius(6)),
          entry("georadiusbymember", radius(5)),
          entry("xread", List.of(new KeySpec(READ, new Keyword("streams", 1), HALF))),
          entry("xreadgroup", List.of(new KeySpec(READ, new Keyword("streams", 4), HALF))),
          entry("memory", List.of(new KeySpec(READ, new Keyword("usage", 1), ONE))));

  /** For a command without keys. */
  static final KeySpecs NONE = new KeySpecs(List.of(), true);

  /** For an unknown command. */
  static final KeySpecs UNKNOWN = new KeySpecs(List.of(), false);

  /** All key specs, without those of shard channels. */
  private final List<KeySpec> all;

  /** The specs of keys that the command writes. */
  private final List<KeySpec> written;

  /** Whether the specs cover every key of the command. */
  private final boolean areAll;

  private KeySpecs(List<KeySpec> specs, boolean areAll) {
    this.all = specs.stream().filter(spec -> !spec.isNotKey()).toList();
    List<KeySpec> changing = all.stream().filter(spec -> !spec.isRead()).toList();
    // If all specs are read-only, treat all keys as written: XREADGROUP writes, but the server
    // reports that it only reads its keys.
    this.written = changing.isEmpty() ? all : changing;
    this.areAll = areAll;
  }

  private static List<KeySpec> radius(int options) {
    return List.of(
        new KeySpec(READ, new Index(1), ONE),
        new KeySpec(OVERWRITTEN, new Keyword("store", options), ONE),
        new KeySpec(OVERWRITTEN, new Keyword("storedist", options), ONE));
  }

  /** The key specs of a command, from the row that the server reports for it. */
  static KeySpecs of(String name, CommandTable.Row row) {
    boolean moves = row.flags().contains("movablekeys");
    if (OPTIONAL.containsKey(name)) {
      return new KeySpecs(OPTIONAL.get(name), true);
    }
    if (!row.keySpecs().isEmpty()) {
      // A module may report only some of its keys, and set movablekeys to say that it has others.
      boolean areAll = !moves || row.keySpecs().stream().anyMatch(KeySpec::isMovable);
      return new KeySpecs(row.keySpecs(), areAll);
    }
    if (moves) {
      return OF_VERSION_6.containsKey(name) ? new KeySpecs(OF_VERSION_6.get(name), true) : UNKNOWN;
    }
    if (row.firstKey() == 0) {
      return NONE;
    }
    if (row.step() < 1) {
      return UNKNOWN;
    }
    int last = row.lastKey() < 0 ? row.lastKey() : row.lastKey() - row.firstKey();
    Set<String> flags = row.flags().contains("readonly") ? READ : WRITTEN;
    KeySpec spec = new KeySpec(flags, new Index(row.firstKey()), new Range(last, row.step(), 0));
    return new KeySpecs(List.of(spec), true);
  }

  /** Whether the command has keys, and the positions of all of them are known. */
  boolean areKnown() {
    return areAll && !all.isEmpty();
  }

  /**
   * Returns the argument of the only key that the command writes, if its position is fixed; else 0.
   */
  int onlyWritten() {
    return written.size() == 1
            && written.get(0).begin() instanceof Index index
            && areAll
            && written.get(0).isFixed()
        ? index.argument()
        : 0;
  }

  /**
   * Passes the index of each key of a complete request to the consumer.
   *
   * @return whether all keys were found
   */
  boolean all(Request request, IntConsumer keys) {
    boolean found = areAll;
    for (KeySpec spec : all) {
      found &= spec.find(request, keys);
    }
    return found;
  }

  /**
   * Passes the index of each key that the command writes to the consumer. The request may be
   * incomplete. Then a key counts as found only if it is a single key at a fixed position and has
   * already arrived.
   *
   * @return whether all written keys were found
   */
  boolean written(Request request, IntConsumer keys) {
    boolean found = areAll;
    for (KeySpec spec : written) {
      found &= isFindable(spec, request) && spec.find(request, keys);
    }
    return found;
  }

  private static boolean isFindable(KeySpec spec, Request request) {
    return request.isWhole() || spec.isFixed() && spec.first(request) < request.count();
  }
}
