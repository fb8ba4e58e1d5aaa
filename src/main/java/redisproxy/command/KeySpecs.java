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
 * Where a command has its keys: as the server says, where it says it. A server of version 6 tells
 * of keys at fixed places alone; where those of the other commands are is said here. Immutable.
 */
final class KeySpecs {
  private static final Set<String> READ = Set.of("RO");
  private static final Set<String> WRITTEN = Set.of("RW");
  private static final Set<String> OVERWRITTEN = Set.of("OW");

  private static final Range ONE = new Range(0, 1, 0);
  private static final Range ALL = new Range(-1, 1, 0);
  private static final Range HALF = new Range(-1, 1, 2);
  private static final Count COUNTED = new Count(0, 1, 1);

  /** No version of the server tells where these have all of their keys. */
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

  /** Of a command without keys. */
  static final KeySpecs NONE = new KeySpecs(List.of(), true);

  /** Of a command that nothing is known of. */
  static final KeySpecs UNKNOWN = new KeySpecs(List.of(), false);

  /** All, but for those of shard channels. */
  private final List<KeySpec> all;

  /** Those of the keys that are written. */
  private final List<KeySpec> written;

  /** Whether there are no others. */
  private final boolean areAll;

  private KeySpecs(List<KeySpec> specs, boolean areAll) {
    this.all = specs.stream().filter(spec -> !spec.isNoKey()).toList();
    List<KeySpec> changing = all.stream().filter(spec -> !spec.isRead()).toList();
    // XREADGROUP writes, and the server says that it only reads its keys.
    this.written = changing.isEmpty() ? all : changing;
    this.areAll = areAll;
  }

  private static List<KeySpec> radius(int options) {
    return List.of(
        new KeySpec(READ, new Index(1), ONE),
        new KeySpec(OVERWRITTEN, new Keyword("store", options), ONE),
        new KeySpec(OVERWRITTEN, new Keyword("storedist", options), ONE));
  }

  /** Those of a command that the server lists so. */
  static KeySpecs of(String name, CommandTable.Row row) {
    boolean moves = row.flags().contains("movablekeys");
    if (OPTIONAL.containsKey(name)) {
      return new KeySpecs(OPTIONAL.get(name), true);
    }
    if (!row.keySpecs().isEmpty()) {
      // A module may tell where some keys are, and that there are others.
      boolean told = !moves || row.keySpecs().stream().anyMatch(KeySpec::isMovable);
      return new KeySpecs(row.keySpecs(), told);
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

  /** Whether there are keys, and where they are is known. */
  boolean areKnown() {
    return areAll && !all.isEmpty();
  }

  /** The argument that is the only key that is written, and does not move; else 0. */
  int onlyWritten() {
    return written.size() == 1
            && written.get(0).begin() instanceof Index index
            && areAll
            && written.get(0).isFixed()
        ? index.argument()
        : 0;
  }

  /**
   * Passes on which arguments of a whole request are keys.
   *
   * @return whether these are all
   */
  boolean all(Request request, IntConsumer keys) {
    boolean found = areAll;
    for (KeySpec spec : all) {
      found &= spec.find(request, keys);
    }
    return found;
  }

  /**
   * The same for the keys that a command writes, and for a request that is not whole: then each has
   * to be there, and not to depend on what is not.
   */
  boolean written(Request request, IntConsumer keys) {
    boolean found = areAll;
    for (KeySpec spec : written) {
      found &= isThere(spec, request) && spec.find(request, keys);
    }
    return found;
  }

  private static boolean isThere(KeySpec spec, Request request) {
    return request.isWhole() || spec.isFixed() && spec.first(request) < request.count();
  }
}
