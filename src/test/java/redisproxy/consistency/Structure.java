package redisproxy.consistency;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import redisproxy.probe.Connection;

/**
 * The types of keys beside strings. Each key always holds one version: both fields of a hash, the
 * only element of a list or a set, the score of the only member of a sorted set, or the values of
 * two strings that are always written together. So every read of it shows which version it saw.
 */
enum Structure {
  HASH("h") {
    @Override
    Step read(Random random, String key, String known) {
      return readHash(random, key);
    }

    @Override
    Step write(String key, String value) {
      return Step.write(key, value, "HSET", Step.name(key), "f", value, "g", value);
    }
  },
  LIST("l") {
    @Override
    Step read(Random random, String key, String known) {
      String name = Step.name(key);
      return switch (random.nextInt(4)) {
        case 0 -> Step.read(key, "LINDEX", name, "0");
        case 1 -> Step.read(key, "LRANGE", name, "-1", "-1");
        default -> Step.read(key, "LRANGE", name, "0", "-1");
      };
    }

    @Override
    Step write(String key, String value) {
      return Step.replace(key, value, "RPUSH");
    }
  },
  SET("s") {
    @Override
    Step read(Random random, String key, String known) {
      String name = Step.name(key);
      return known == null || random.nextInt(3) == 0
          ? Step.read(key, "SMEMBERS", name)
          : Step.isMember(key, known);
    }

    @Override
    Step write(String key, String value) {
      return Step.replace(key, value, "SADD");
    }
  },
  SORTED_SET("z") {
    @Override
    Step read(Random random, String key, String known) {
      String name = Step.name(key);
      return switch (random.nextInt(5)) {
        case 0, 1 -> Step.read(key, "ZSCORE", name, "m");
        case 2 -> Step.read(key, "ZMSCORE", name, "m");
        case 3 -> Step.read(key, "ZRANGE", name, "0", "0", "WITHSCORES");
        default -> Step.read(key, "ZRANGEBYSCORE", name, "-inf", "+inf", "WITHSCORES");
      };
    }

    @Override
    Step write(String key, String value) {
      return Step.write(key, value, "ZADD", Step.name(key), value, "m");
    }
  },
  /** A hash that expires. */
  EXPIRING_HASH("e") {
    @Override
    Step read(Random random, String key, String known) {
      return readHash(random, key);
    }

    @Override
    Step write(String key, String value) {
      throw new UnsupportedOperationException("it must expire");
    }
  },
  /** A hash whose fields expire, where the server can do that. */
  EXPIRING_FIELDS("x") {
    @Override
    Step read(Random random, String key, String known) {
      return readHash(random, key);
    }

    @Override
    Step write(String key, String value) {
      throw new UnsupportedOperationException("it must expire");
    }
  },
  /** Two strings that only MSET and DEL of both write. Nobody may see them differ. */
  PAIR("p") {
    @Override
    Step read(Random random, String key, String known) {
      String name = Step.name(key);
      return switch (random.nextInt(8)) {
        // The cache then holds one of the two. Reads of the two one after the other are not one
        // state, so the reply says nothing.
        case 0, 1 -> Step.plain("GET", name + FIRST);
        case 2, 3 -> Step.plain("GET", name + SECOND);
        case 4 -> Step.read(key, "EXISTS", name + FIRST, name + SECOND);
        case 5 -> Step.read(key, "MGET", name + SECOND, name + FIRST);
        default -> Step.read(key, "MGET", name + FIRST, name + SECOND);
      };
    }

    @Override
    Step write(String key, String value) {
      String name = Step.name(key);
      return Step.write(key, value, "MSET", name + FIRST, value, name + SECOND, value);
    }

    @Override
    Step delete(String key, String tag) {
      String name = Step.name(key);
      return Step.write(Part.delete(key, tag), "DEL", name + FIRST, name + SECOND, tag);
    }
  };

  /** What the names of the two strings of a pair end with. */
  static final String FIRST = "a";

  static final String SECOND = "b";

  /** The reply of EXISTS if one of two strings exists. */
  private static final String ONE_EXISTS = ":1";

  private static final String NONE_EXISTS = ":0";

  /** The names of fields and members, which are no versions. */
  private static final Set<String> CONSTANTS = Set.of("f", "g", "m");

  private static final int KEYS = 2;

  private final String prefix;

  Structure(String prefix) {
    this.prefix = prefix;
  }

  /** The names of all keys of this type. */
  List<String> names() {
    return List.of(prefix + 0, prefix + 1);
  }

  String name(Random random) {
    return prefix + random.nextInt(KEYS);
  }

  /** Whether one command writes a key, and no transaction. */
  boolean isWrittenAtOnce() {
    return this == HASH || this == SORTED_SET || this == PAIR;
  }

  boolean expires() {
    return this == EXPIRING_HASH || this == EXPIRING_FIELDS;
  }

  private static Step readHash(Random random, String key) {
    String name = Step.name(key);
    return switch (random.nextInt(7)) {
      case 0 -> Step.read(key, "HGET", name, "f");
      case 1 -> Step.read(key, "HGET", name, "g");
      case 2 -> Step.read(key, "HMGET", name, "f", "g");
      case 3 -> Step.read(key, "HVALS", name);
      default -> Step.read(key, "HGETALL", name);
    };
  }

  /** The type of the key of that name; null for a string. */
  static Structure of(String name) {
    for (Structure each : values()) {
      if (each.names().contains(name)) {
        return each;
      }
    }
    return null;
  }

  /**
   * A read.
   *
   * @param known the last value that the session has read or written there, or null
   */
  abstract Step read(Random random, String key, String known);

  /** A write after which the key has this version alone. The score of a member is a number. */
  abstract Step write(String key, String value);

  Step delete(String key, String tag) {
    return Step.delete(key, tag);
  }

  /**
   * The name of the key that a name in Redis belongs to: that of a pair for its first string, null
   * for its second one.
   */
  static String keyOf(String name) {
    String pair = name.substring(0, Math.max(0, name.length() - 1));
    if (!PAIR.names().contains(pair)) {
      return name;
    }
    return name.endsWith(FIRST) ? pair : null;
  }

  /** Reads the whole key at the end; the session speaks RESP2. */
  String readAtTheEnd(Connection connection, String name) throws IOException {
    connection.send(
        switch (this) {
          case HASH, EXPIRING_HASH, EXPIRING_FIELDS -> Connection.request("HGETALL", name);
          case PAIR -> Connection.request("MGET", name + FIRST, name + SECOND);
          case LIST -> Connection.request("LRANGE", name, "0", "-1");
          case SET -> Connection.request("SMEMBERS", name);
          case SORTED_SET -> Connection.request("ZRANGE", name, "0", "-1", "WITHSCORES");
        });
    Object reply = connection.whole();
    if (reply instanceof Connection.ErrorReply error) {
      throw error;
    }
    return version(reply);
  }

  /**
   * The version in a reply to a read, or null if the key is missing. If the reply shows several,
   * all of them: nobody wrote that.
   */
  static String version(Object reply) {
    if (ONE_EXISTS.equals(reply)) {
      return "torn: one of two exists";
    }
    if (NONE_EXISTS.equals(reply)) {
      return null;
    }
    Set<String> found = new LinkedHashSet<>();
    collect(reply, found);
    if (found.size() > 1) {
      return "torn: " + found;
    }
    String version = found.isEmpty() ? null : found.iterator().next();
    return "".equals(version) ? null : version;
  }

  private static void collect(Object reply, Set<String> found) {
    if (reply instanceof List<?> elements) {
      elements.forEach(element -> collect(element, found));
    } else if (reply == null || !CONSTANTS.contains(reply)) {
      // A score is a double in RESP3.
      String text = (String) reply;
      found.add(text != null && text.startsWith(",") ? text.substring(1) : text);
    }
  }
}
