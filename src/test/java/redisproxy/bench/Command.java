package redisproxy.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The commands of workloads: the text of a request, and of the reply that the seeded data gives.
 * Keys and values have placeholders for the digits of the key.
 */
enum Command {
  GET {
    @Override
    String request(Workload workload) {
      return of("GET", STRING);
    }

    @Override
    String reply(Workload workload) {
      return bulk(workload.valueText());
    }
  },
  SET {
    @Override
    String request(Workload workload) {
      return of("SET", STRING, workload.valueText());
    }

    @Override
    String reply(Workload workload) {
      return "+OK\r\n";
    }
  },
  GETRANGE {
    @Override
    String request(Workload workload) {
      return of("GETRANGE", STRING, "0", "-1");
    }

    @Override
    String reply(Workload workload) {
      return GET.reply(workload);
    }
  },
  EXISTS {
    @Override
    String request(Workload workload) {
      return of("EXISTS", STRING);
    }

    @Override
    String reply(Workload workload) {
      return ":1\r\n";
    }
  },
  /** Of several keys, in steps through all keys. */
  MGET {
    @Override
    String request(Workload workload) {
      return of("MGET", repeat(workload.many(), i -> STRING));
    }

    @Override
    String reply(Workload workload) {
      return array(repeat(workload.many(), i -> workload.valueText()));
    }
  },
  /** Writes a whole hash that is not there yet. */
  HSET {
    @Override
    String request(Workload workload) {
      return of("HSET", HASH, fieldsAndValues(workload));
    }

    @Override
    String reply(Workload workload) {
      return HLEN.reply(workload);
    }
  },
  HGET {
    @Override
    String request(Workload workload) {
      return of("HGET", HASH, field(workload.items() / 2));
    }

    @Override
    String reply(Workload workload) {
      return bulk(workload.valueText());
    }
  },
  HLEN {
    @Override
    String request(Workload workload) {
      return of("HLEN", HASH);
    }

    @Override
    String reply(Workload workload) {
      return ":" + workload.items() + "\r\n";
    }
  },
  /** Redis returns the fields of a small hash in the order in which they were written. */
  HGETALL {
    @Override
    String request(Workload workload) {
      return of("HGETALL", HASH);
    }

    @Override
    String reply(Workload workload) {
      return array(fieldsAndValues(workload));
    }
  },
  /** Writes a whole sorted set that is not there yet. */
  ZADD {
    @Override
    String request(Workload workload) {
      return of(
          "ZADD",
          SORTED_SET,
          repeat(2 * workload.items(), i -> i % 2 == 0 ? "" + i / 2 : member(i / 2)));
    }

    @Override
    String reply(Workload workload) {
      return HLEN.reply(workload);
    }
  },
  ZRANGE {
    @Override
    String request(Workload workload) {
      return of("ZRANGE", SORTED_SET, "0", "-1");
    }

    @Override
    String reply(Workload workload) {
      return array(repeat(workload.items(), Command::member));
    }
  },
  /** Writes a whole set that is not there yet. */
  SADD {
    @Override
    String request(Workload workload) {
      return of("SADD", SET_OF_NUMBERS, repeat(workload.items(), Command::number));
    }

    @Override
    String reply(Workload workload) {
      return HLEN.reply(workload);
    }
  },
  /** Redis returns the members of a small set of numbers in their order. */
  SMEMBERS {
    @Override
    String request(Workload workload) {
      return of("SMEMBERS", SET_OF_NUMBERS);
    }

    @Override
    String reply(Workload workload) {
      return array(repeat(workload.items(), Command::number));
    }
  },
  /** A script, which the proxy always sends over a dedicated connection. */
  EVAL {
    @Override
    String request(Workload workload) {
      return array(new String[] {"EVAL", "return redis.call('GET', KEYS[1])", "1", STRING});
    }

    @Override
    String reply(Workload workload) {
      return GET.reply(workload);
    }
  },
  SORT {
    @Override
    String request(Workload workload) {
      return of("SORT", SET_OF_NUMBERS);
    }

    @Override
    String reply(Workload workload) {
      return SMEMBERS.reply(workload);
    }
  },
  HTTP {
    @Override
    String request(Workload workload) {
      return "GET "
          + workload.path()
          + STRING
          + " HTTP/1.1\r\nHost: 127.0.0.1:"
          + workload.port()
          + "\r\n\r\n";
    }

    /** The body. */
    @Override
    String reply(Workload workload) {
      return workload.valueText();
    }
  },
  /** Several commands, mostly reads: see {@link MixedBatch}. */
  MIXED(
      List.of(
          Map.entry(GET, 50),
          Map.entry(HGETALL, 15),
          Map.entry(HGET, 10),
          Map.entry(MGET, 10),
          Map.entry(EXISTS, 5),
          Map.entry(ZRANGE, 5),
          Map.entry(SET, 5))),

  /** Several commands, a quarter of which the proxy sends over dedicated connections. */
  SCRIPTED(
      List.of(
          Map.entry(GET, 45),
          Map.entry(HGET, 10),
          Map.entry(HGETALL, 10),
          Map.entry(SET, 10),
          Map.entry(EVAL, 15),
          Map.entry(SORT, 10)));

  private static final String STRING = "key:" + Template.DIGITS;
  private static final String HASH = "hsh:" + Template.DIGITS;
  private static final String SORTED_SET = "zst:" + Template.DIGITS;
  private static final String SET_OF_NUMBERS = "set:" + Template.DIGITS;

  /** The commands of a mix, each as often as its share in percent; otherwise none. */
  private final List<Map.Entry<Command, Integer>> shares;

  Command() {
    this(List.of());
  }

  Command(List<Map.Entry<Command, Integer>> shares) {
    this.shares = shares;
  }

  List<Map.Entry<Command, Integer>> shares() {
    return shares;
  }

  /** The text of a request. */
  String request(Workload workload) {
    throw new UnsupportedOperationException("requests of several kinds");
  }

  /** The text of the reply; the longest one of a mix. */
  String reply(Workload workload) {
    return HGETALL.reply(workload);
  }

  private static String[] repeat(int count, IntFunction<String> text) {
    return IntStream.range(0, count).mapToObj(text).toArray(String[]::new);
  }

  private static String[] fieldsAndValues(Workload workload) {
    return repeat(2 * workload.items(), i -> i % 2 == 0 ? field(i / 2) : workload.valueText());
  }

  private static String field(int i) {
    return String.format(Locale.ROOT, "field:%04d", i);
  }

  private static String member(int i) {
    return Template.DIGITS + String.format(Locale.ROOT, ":%04d", i);
  }

  /** A number of as many digits as any other. */
  private static String number(int i) {
    return "1" + Template.DIGITS + String.format(Locale.ROOT, "%04d", i);
  }

  private static String of(String name, String key, String... more) {
    String[] words = new String[2 + more.length];
    words[0] = name;
    words[1] = key;
    System.arraycopy(more, 0, words, 2, more.length);
    return array(words);
  }

  private static String of(String name, String[] keys) {
    String[] more = new String[keys.length - 1];
    System.arraycopy(keys, 1, more, 0, more.length);
    return of(name, keys[0], more);
  }

  private static String array(String[] words) {
    return "*"
        + words.length
        + "\r\n"
        + IntStream.range(0, words.length)
            .mapToObj(i -> bulk(words[i]))
            .collect(Collectors.joining());
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }
}
