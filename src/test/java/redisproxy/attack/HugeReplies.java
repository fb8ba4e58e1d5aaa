package redisproxy.attack;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Replies of 512 MB to reads that the cache could answer. They must arrive whole, must not pass
 * through the heap, and must not delay others. The same replies are then read from Redis itself,
 * with the duration of a GET meanwhile: Redis does nothing else while it builds such a reply.
 */
final class HugeReplies {
  private static final String HASH = "huge:hash";
  private static final String LIST = "huge:list";
  private static final int ELEMENTS = 512;
  private static final int ELEMENT_BYTES = 1024 * 1024;
  private static final int TIMEOUT_MS = 60_000;

  /** The list holds the same strings as the hash. */
  private static final String BUILD =
      "local s=string.rep('x',"
          + ELEMENT_BYTES
          + ") for i=1,"
          + ELEMENTS
          + " do redis.call('%s',KEYS[1],%s) end return 1";

  private HugeReplies() {}

  static void addTo(Map<String, Assault> assaults) {
    assaults.put("resp-huge-hash", siege -> read(siege, HASH, "HSET", "i,s", "HGETALL", HASH));
    assaults.put(
        "resp-huge-list", siege -> read(siege, LIST, "RPUSH", "s", "LRANGE", LIST, "0", "-1"));
  }

  private static String read(
      Siege siege, String key, String command, String arguments, String... read) throws Exception {
    try (Wire redis = siege.target.openRedis()) {
      redis.timeout(TIMEOUT_MS);
      redis.send(Wire.request("EVAL", BUILD.formatted(command, arguments), "1", key)).line();
      try {
        return read(siege, redis, Wire.request(read));
      } finally {
        redis.send(Wire.request("DEL", key)).line();
      }
    }
  }

  private static String read(Siege siege, Wire redis, String request) throws Exception {
    long before = siege.target.cachedBytes();
    Wire wire = siege.hold(Port.RESP);
    wire.timeout(TIMEOUT_MS);
    int replies = 0;
    do {
      skipReply(wire.send(request));
      replies++;
    } while (siege.lasts());
    long cached = siege.target.cachedBytes() - before;
    siege.tally();
    return String.format(
        Locale.ROOT,
        "relayed %d replies whole, cached %d bytes; past the proxy the p99 of GET is %.1f ms",
        replies,
        cached,
        p99WithoutProxy(siege.target, redis, request, replies));
  }

  /** Reads an array of strings and checks that all of them are there. */
  private static void skipReply(Wire wire) throws IOException {
    String head = wire.line();
    int strings = Integer.parseInt(head.substring(1));
    int whole = 0;
    for (int i = 0; i < strings; i++) {
      int length = Integer.parseInt(wire.line().substring(1));
      wire.skip(length + 2);
      whole += length == ELEMENT_BYTES ? 1 : 0;
    }
    if (whole != ELEMENTS) {
      throw new IOException(head + ", but only " + whole + " long strings");
    }
  }

  /** The p99 of GETs that one client sends to Redis while another reads the replies there. */
  private static double p99WithoutProxy(Target target, Wire redis, String request, int replies)
      throws Exception {
    Neighbours.Latencies latencies = new Neighbours.Latencies();
    Thread reader =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < replies; i++) {
                  skipReply(redis.send(request));
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            },
            "reader");
    reader.start();
    try (Wire other = target.openRedis()) {
      other.timeout(TIMEOUT_MS);
      while (reader.isAlive()) {
        long begun = System.nanoTime();
        other.send(Wire.request("GET", "near:0")).line();
        other.skip(Target.NEAR_BYTES + 2);
        latencies.add(System.nanoTime() - begun);
        LockSupport.parkNanos(Neighbours.PAUSE_NANOS);
      }
    }
    reader.join();
    return latencies.takeP99();
  }
}
