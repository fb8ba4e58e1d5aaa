package redisproxy.consistency;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Generates the requests of a session. The same seed gives the same requests. */
final class Requests {
  static final List<String> HOT = List.of("k0", "k1", "k2", "k3");

  /** Values of these expire. */
  static final List<String> SHORT = List.of("t0", "t1");

  /** Written rarely, so that a missed invalidation still shows long afterwards. */
  static final List<String> RARE = List.of("r0", "r1", "r2", "r3");

  static final int LIFETIME_MS = 400;
  private static final int COLD = 24;

  /** Longer than the largest value that the proxy caches. */
  private static final String LONG = ".".repeat(3_000);

  private final Random random;
  private final String writer;
  private final int db;
  private final boolean hasFieldExpiry;
  private int counter;

  /** The last value that this session has sent, for each set. */
  private final Map<String, String> lastWritten = new HashMap<>();

  /**
   * Creates the requests of one session.
   *
   * @param writer the unique name of the session; the values that it writes begin with it
   * @param hasFieldExpiry whether the server knows HPEXPIRE
   */
  Requests(Random random, String writer, int db, boolean hasFieldExpiry) {
    this.hasFieldExpiry = hasFieldExpiry;
    this.random = random;
    this.writer = writer;
    this.db = db;
  }

  /** Whether the values of a key expire. */
  static boolean isShort(String name) {
    Structure structure = Structure.of(name);
    return SHORT.contains(name) || structure != null && structure.expires();
  }

  static List<String> names() {
    List<String> names = new ArrayList<>(HOT);
    names.addAll(SHORT);
    names.addAll(RARE);
    for (Structure structure : Structure.values()) {
      names.addAll(structure.names());
    }
    for (int i = 0; i < COLD; i++) {
      names.add("c" + i);
    }
    return names;
  }

  /** Returns a key to read. */
  String key() {
    int at = random.nextInt(10);
    String name =
        at < 6
            ? HOT.get(random.nextInt(HOT.size()))
            : at < 8
                ? SHORT.get(random.nextInt(SHORT.size()))
                : at < 9 ? RARE.get(random.nextInt(RARE.size())) : "c" + random.nextInt(COLD);
    return db + "/" + name;
  }

  /** Returns a key whose values do not expire. */
  private String lasting() {
    int at = random.nextInt(400);
    String name =
        at < 300
            ? HOT.get(random.nextInt(HOT.size()))
            : at < 398 ? "c" + random.nextInt(COLD) : RARE.get(random.nextInt(RARE.size()));
    return db + "/" + name;
  }

  private String value() {
    return writer + "-" + counter++ + (random.nextInt(20) == 0 ? LONG : "");
  }

  /** A score is a number. Sessions have up to a million writes. */
  private String score() {
    return "" + (Long.parseLong(writer.substring(1)) * 1_000_000 + counter++);
  }

  private int lifetime() {
    return 20 + random.nextInt(LIFETIME_MS - 20);
  }

  /** Returns any type. Pairs are more frequent, because a torn read of one needs a rare moment. */
  private Structure structure() {
    int drawn = random.nextInt(2 * Structure.values().length);
    return drawn < Structure.values().length ? Structure.values()[drawn] : Structure.PAIR;
  }

  /** Returns a read of a string or, as often, of another type. */
  private Step read() {
    if (random.nextBoolean()) {
      return random.nextInt(8) == 0 ? getRange(key()) : Step.get(key());
    }
    Structure structure = structure();
    String key = db + "/" + structure.name(random);
    return structure.read(random, key, lastWritten.get(key));
  }

  /** All of a string; a missing one is empty. */
  private static Step getRange(String key) {
    return Step.read(key, "GETRANGE", key.substring(2), "0", "-1");
  }

  private Step write(Structure structure) {
    String key = db + "/" + structure.name(random);
    String value = structure == Structure.SORTED_SET ? score() : value();
    lastWritten.put(key, value);
    if (structure.expires()) {
      boolean ofFields = structure == Structure.EXPIRING_FIELDS && hasFieldExpiry;
      return Step.expiring(key, value, lifetime(), ofFields);
    }
    return structure.write(key, value);
  }

  /** Returns a short write, which goes over a shared connection to Redis. */
  private Step write() {
    if (random.nextInt(3) == 0) {
      Structure structure = structure();
      String key = db + "/" + structure.name(random);
      return structure.isWrittenAtOnce() && random.nextInt(4) > 0
          ? write(structure)
          : structure.delete(key, "del:" + writer + "-" + counter++);
    }
    return switch (random.nextInt(5)) {
      case 0 -> Step.delete(lasting(), "del:" + writer + "-" + counter++);
      case 1 ->
          Step.setFor(db + "/" + SHORT.get(random.nextInt(SHORT.size())), value(), lifetime());
      default -> Step.set(lasting(), value());
    };
  }

  private Step any() {
    return switch (random.nextInt(12)) {
      case 10 -> write(structure());
      case 0 -> Step.script(lasting(), value(), true);
      case 1 -> Step.script(lasting(), value(), false);
      case 2 -> Step.transaction(lasting(), value());
      case 3 -> Step.mget(List.of(key(), key(), key()));
      case 4 -> {
        String key = lasting();
        String other = db + "/c" + random.nextInt(COLD);
        yield key.equals(other) ? Step.set(key, value()) : Step.mset(key, value(), other, value());
      }
      case 5, 6 -> write();
      case 7 -> Step.getset(lasting(), value());
      default -> read();
    };
  }

  /**
   * Returns the requests to send next, at once.
   *
   * @param kind the kind of session: 0 only reads; 1 also makes short writes, but never both in one
   *     pipeline, so it needs no dedicated connection; others do everything
   */
  List<List<Step>> next(int kind) {
    if (kind > 1 && random.nextInt(8) == 0) {
      String key = lasting();
      return List.of(
          List.of(Step.plain("WATCH", key.substring(2)), Step.get(key)),
          List.of(Step.setIfUnwatched(key, value())));
    }
    List<Step> together = new ArrayList<>();
    boolean writes = kind == 1 && random.nextInt(3) > 0;
    for (int i = random.nextInt(4) == 0 ? 1 + random.nextInt(8) : 1; i > 0; i--) {
      together.add(kind > 1 ? any() : writes ? write() : read());
    }
    return List.of(together);
  }
}
