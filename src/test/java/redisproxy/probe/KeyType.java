package redisproxy.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/**
 * What a key of the probe holds. Every write leaves it with one version alone, so every read shows
 * the version it saw: both fields of a hash, the only element of a list or a set, the score of the
 * only member of a sorted set, or the values of two strings that are always written together.
 */
enum KeyType {
  STRING {
    @Override
    List<String[]> write(String name, String value) {
      return List.<String[]>of(request("SET", name, value));
    }

    @Override
    String[] read(Random random, String name) {
      return random.nextInt(4) == 0 ? request("GETRANGE", name, "0", "-1") : request("GET", name);
    }

    @Override
    String[] readWhole(String name) {
      return request("GET", name);
    }
  },
  HASH {
    @Override
    List<String[]> write(String name, String value) {
      return List.<String[]>of(request("HSET", name, "f", value, "g", value));
    }

    @Override
    String[] read(Random random, String name) {
      return switch (random.nextInt(6)) {
        case 0 -> request("HGET", name, "f");
        case 1 -> request("HGET", name, "g");
        case 2 -> request("HMGET", name, "f", "g");
        case 3 -> request("HVALS", name);
        default -> readWhole(name);
      };
    }

    @Override
    String[] readWhole(String name) {
      return request("HGETALL", name);
    }
  },
  LIST {
    @Override
    List<String[]> write(String name, String value) {
      return List.<String[]>of(request("DEL", name), request("RPUSH", name, value));
    }

    @Override
    String[] read(Random random, String name) {
      return switch (random.nextInt(4)) {
        case 0 -> request("LINDEX", name, "0");
        case 1 -> request("LRANGE", name, "-1", "-1");
        default -> readWhole(name);
      };
    }

    @Override
    String[] readWhole(String name) {
      return request("LRANGE", name, "0", "-1");
    }
  },
  SET {
    @Override
    List<String[]> write(String name, String value) {
      return List.<String[]>of(request("DEL", name), request("SADD", name, value));
    }

    @Override
    String[] read(Random random, String name) {
      return readWhole(name);
    }

    @Override
    String[] readWhole(String name) {
      return request("SMEMBERS", name);
    }
  },
  SORTED_SET {
    @Override
    List<String[]> write(String name, String value) {
      return List.<String[]>of(request("ZADD", name, score(value), "m"));
    }

    @Override
    String[] read(Random random, String name) {
      return switch (random.nextInt(4)) {
        case 0 -> request("ZSCORE", name, "m");
        case 1 -> request("ZRANGEBYSCORE", name, "-inf", "+inf", "WITHSCORES");
        default -> readWhole(name);
      };
    }

    @Override
    String[] readWhole(String name) {
      return request("ZRANGE", name, "0", "-1", "WITHSCORES");
    }

    @Override
    String value(Object element) {
      long score = Long.parseLong((String) element);
      return score / VERSIONS + "=" + score % VERSIONS;
    }
  },
  /** Two strings that only MSET and DEL of both write. They must never be seen to differ. */
  PAIR {
    @Override
    List<String> names(String name) {
      return List.of(name + ":a", name + ":b");
    }

    @Override
    List<String[]> write(String name, String value) {
      return List.<String[]>of(request("MSET", name + ":a", value, name + ":b", value));
    }

    @Override
    String[] read(Random random, String name) {
      return switch (random.nextInt(8)) {
        // The cache then holds one of the two.
        case 0, 1 -> request("GET", name + ":a");
        case 2, 3 -> request("GET", name + ":b");
        case 4 -> request("EXISTS", name + ":a", name + ":b");
        case 5 -> request("MGET", name + ":b", name + ":a");
        default -> readWhole(name);
      };
    }

    @Override
    String[] readWhole(String name) {
      return request("MGET", name + ":a", name + ":b");
    }

    /** Reads of the two one after the other are not one state, so that of one says nothing. */
    @Override
    String seen(Object reply) {
      return reply instanceof List || isCount(reply) ? super.seen(reply) : UNKNOWN;
    }
  };

  /** What a read shows that does not show the version, such as EXISTS. */
  static final String UNKNOWN = "unknown";

  /** A score is the number of the key times this, plus the version. */
  private static final long VERSIONS = 100_000_000;

  /** Names of fields and members, which are no versions. */
  private static final Set<String> CONSTANTS = Set.of("f", "g", "m");

  private static final String NONE_EXISTS = ":0";
  private static final String BOTH_EXIST = ":2";

  /** The type of the key with that number. */
  static KeyType of(int key) {
    return values()[key % values().length];
  }

  /** The nearest key of this type with a lower number, or the first one. */
  int nearest(int key) {
    return key - key % values().length + ordinal();
  }

  /** The names in Redis. */
  List<String> names(String name) {
    return List.of(name);
  }

  /** The commands that together leave the key with this value. */
  abstract List<String[]> write(String name, String value);

  /** Any read that shows the value. */
  abstract String[] read(Random random, String name);

  /** A read that shows all of the key. */
  abstract String[] readWhole(String name);

  /** The value that an element of a reply shows. */
  String value(Object element) {
    return (String) element;
  }

  private static String[] request(String... words) {
    return words;
  }

  private static String score(String value) {
    String[] numbers = value.split("=");
    return "" + (Long.parseLong(numbers[0]) * VERSIONS + Long.parseLong(numbers[1]));
  }

  /** Sends a read, and returns what its reply {@linkplain #seen shows}. */
  String call(Connection connection, String... request) throws IOException {
    connection.send(Connection.request(request));
    Object reply = connection.whole();
    if (reply instanceof Connection.ErrorReply error) {
      throw error;
    }
    return seen(reply);
  }

  /**
   * The value that a reply shows; null if the key is missing, {@link #UNKNOWN} if it does not show
   * the version. If it shows several, or only a part of the key, then all of it: nobody wrote that.
   */
  String seen(Object reply) {
    if (isCount(reply)) {
      return switch ((String) reply) {
        case NONE_EXISTS -> null;
        case BOTH_EXIST -> UNKNOWN;
        default -> "torn: one of two exists";
      };
    }
    Set<String> values = new LinkedHashSet<>();
    for (Object element : reply instanceof List<?> list ? list : listOf(reply)) {
      if (element == null || element.equals("")) {
        values.add(null);
      } else if (!CONSTANTS.contains(element)) {
        values.add(value(element));
      }
    }
    if (values.size() > 1) {
      return "torn: " + values;
    }
    return values.isEmpty() ? null : values.iterator().next();
  }

  private static boolean isCount(Object reply) {
    return reply instanceof String line && line.startsWith(":");
  }

  private static List<Object> listOf(Object element) {
    List<Object> list = new ArrayList<>();
    list.add(element);
    return list;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
