package redisproxy.soak;

import static redisproxy.probe.Connection.request;

import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import redisproxy.probe.Connection;

/**
 * What one kind of client does in a turn. A value begins with its key, so that mixed-up replies
 * show.
 */
enum Traffic {
  /** Pipelines of GETs. The cache holds a tenth of the keys, the most popular ones. */
  READS(0.60, 16, 2_000) {
    @Override
    void turn(Client client) throws IOException {
      int[] keys = new int[requests];
      StringBuilder pipeline = new StringBuilder();
      for (int i = 0; i < requests; i++) {
        keys[i] = anyKey();
        pipeline.append(request("GET", name(keys[i])));
      }
      client.resp().send(pipeline.toString());
      for (int key : keys) {
        check(key, client.resp().reply());
      }
    }
  },
  HTTP_READS(0.20, 1, 500) {
    @Override
    void turn(Client client) throws IOException {
      int key = anyKey();
      check(key, client.http().httpGet("/keys/" + name(key)));
    }
  },
  /** Short writes over a shared connection to Redis, each read back. */
  WRITES(0.08, 2, 1_000) {
    @Override
    void turn(Client client) throws IOException {
      int key = anyKey();
      client.resp().call("SET", name(key), value(key));
      check(key, client.resp().call("GET", name(key)));
    }
  },
  /** Writes past the proxy, so that Redis sends invalidations. */
  STRAIGHT_WRITES(0.06, 1, 10_000) {
    @Override
    void turn(Client client) throws IOException {
      int key = anyKey();
      if (ThreadLocalRandom.current().nextInt(8) == 0) {
        client.redis().call("DEL", name(key));
      } else {
        client.redis().call("SET", name(key), value(key), "PX", "600000");
      }
    }
  },
  /** Transactions and scripts, which need a dedicated connection. */
  DEDICATED(0.05, 6, 100) {
    @Override
    void turn(Client client) throws IOException {
      int key = anyKey();
      String name = name(key);
      client
          .resp()
          .send(
              request("MULTI")
                  + request("SET", name, value(key))
                  + request("GET", name)
                  + request("EXEC"));
      for (int i = 0; i < 4; i++) {
        client.resp().reply();
      }
      client.resp().call("EVAL", "return redis.call('SET',ARGV[1],ARGV[2])", "0", name, value(key));
      check(key, client.resp().call("GET", name));
    }
  },
  /** Subscribes, and reads a message that another client of the proxy publishes. */
  MESSAGES(0.004, 3, 20) {
    @Override
    void turn(Client client) throws IOException {
      String channel = name(anyKey());
      client.resp().call("SUBSCRIBE", channel);
      try (Connection other = client.other()) {
        other.call("PUBLISH", channel, "x".repeat(1_000));
      }
      client.resp().reply();
      client.resp().call("UNSUBSCRIBE", channel);
    }
  },
  /** A value too large to keep, over both protocols. */
  LARGE(0.0004, 2, 10) {
    @Override
    void turn(Client client) throws IOException {
      checkLarge(client.resp().call("GET", LARGE_KEY));
      checkLarge(client.http().httpGet("/keys/" + LARGE_KEY));
    }
  },
  /** Clients that disconnect in the middle of something. */
  LEAVERS(0.006, 1, Integer.MAX_VALUE) {
    @Override
    void turn(Client client) throws IOException {
      String[] starts = {
        request("GET", name(anyKey())),
        request("GET", name(anyKey())).repeat(200),
        "*3\r\n$3\r\nSET\r\n$3\r\nk:1\r\n$100\r\nhalf of it",
        request("MULTI") + request("SET", name(1), value(1)),
        request("HELLO", "3") + request("SUBSCRIBE", "news"),
        request("BLPOP", "nothing", "0"),
        request("EVAL", "return redis.call('GET',KEYS[1])", "1", name(2)),
        request("GET", LARGE_KEY),
        "no RESP\r\n*x\r\n",
        ""
      };
      try (Connection leaver = client.other()) {
        leaver.send(starts[ThreadLocalRandom.current().nextInt(starts.length)]);
      }
      try (Connection leaver = client.otherHttp()) {
        leaver.send("GET /keys/" + name(1) + " HTTP/1.1\r\nHost: so");
      }
    }
  };

  static final int KEYS = 100_000;
  static final String LARGE_KEY = "large";
  static final int LARGE_LENGTH = 2 << 20;
  private static final int LONGEST = 1_000;

  /** Its share of all requests. */
  final double share;

  /** Requests in one turn. */
  final int requests;

  /** The mean number of turns over one connection. */
  final int turns;

  Traffic(double share, int requests, int turns) {
    this.share = share;
    this.requests = requests;
    this.turns = turns;
  }

  abstract void turn(Client client) throws IOException;

  static String name(int key) {
    return "k:" + key;
  }

  static String value(int key) {
    return key + "=" + "v".repeat(ThreadLocalRandom.current().nextInt(LONGEST));
  }

  /** Returns a random key by popularity: the nth key is 1/n as popular as the first. */
  private static int anyKey() {
    return (int) Math.pow(KEYS, ThreadLocalRandom.current().nextDouble()) - 1;
  }

  private static void check(int key, String value) {
    if (value != null && !value.startsWith(key + "=")) {
      throw new IllegalStateException(name(key) + " is " + value);
    }
  }

  private static void checkLarge(String value) {
    if (value == null || value.length() != LARGE_LENGTH) {
      throw new IllegalStateException("not the large value");
    }
  }
}
