package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** One key can be read in countless ways. That pushes no other key out of the cache. */
@InEachShape
class ManyReadsIT {
  private static final int KEYS = 5_000;
  private static final double SKEW = 0.99;
  private static final int ROUNDS = 800;
  private static final int GETS = 50;
  private static final int RANGES = 25;
  private static final int ELEMENTS = 2_000;

  /** Room for about a tenth of the keys. */
  private static final String[] SETTINGS = {
    "cache.max-bytes", "150000", "cache.max-value-bytes", "20000", "cache.expiry", "1h"
  };

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private final Random random = new Random(1);
  private final double[] shares = shares();
  private EmbeddedRedis redis;

  @BeforeEach
  void fill() {
    redis = opened.redis();
    RespClient direct = opened.client(redis);
    StringBuilder writes = new StringBuilder();
    for (int i = 0; i < KEYS; i++) {
      writes.append(RespClient.request("SET", "k" + i, "v".repeat(100)));
    }
    direct.send(writes.toString());
    for (int i = 0; i < KEYS; i++) {
      direct.reply();
    }
    for (int i = 0; i < ELEMENTS; i++) {
      direct.call("RPUSH", "l", "e" + i);
    }
  }

  /** The sum of the shares of each key and those before it. */
  private static double[] shares() {
    double[] shares = new double[KEYS];
    double sum = 0;
    for (int i = 0; i < KEYS; i++) {
      sum += 1 / Math.pow(i + 1, SKEW);
      shares[i] = sum;
    }
    return shares;
  }

  private String key() {
    int found = Arrays.binarySearch(shares, random.nextDouble() * shares[KEYS - 1]);
    return "k" + (found < 0 ? -found - 1 : found);
  }

  /** Asks for ranges that nobody has asked for, twice each: the second time they may be kept. */
  private static void askForRanges(RespClient client, int first, int count) {
    StringBuilder ranges = new StringBuilder();
    for (int i = first; i < first + count; i++) {
      ranges.append(RespClient.request("LRANGE", "l", "" + i / 10, "" + (i / 10 + i % 10)));
    }
    for (int time = 0; time < 2; time++) {
      client.send(ranges.toString());
      for (int i = 0; i < count; i++) {
        client.reply();
      }
    }
  }

  /**
   * The share of GETs that the cache answers.
   *
   * @param ranges how many ranges of another key are asked for after every {@link #GETS}
   */
  private double hitRatio(int ranges) {
    random.setSeed(1);
    RunningProxy proxy = opened.proxy(shape, redis.url(), SETTINGS);
    RespClient client = opened.client(proxy);
    RespClient other = opened.client(proxy);
    long hits = 0;
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder gets = new StringBuilder();
      for (int i = 0; i < GETS; i++) {
        gets.append(RespClient.request("GET", key()));
      }
      long before = proxy.stat("hits");
      client.send(gets.toString());
      for (int i = 0; i < GETS; i++) {
        client.reply();
      }
      hits += proxy.stat("hits") - before;
      askForRanges(other, round * ranges, ranges);
    }
    return (double) hits / (ROUNDS * GETS);
  }

  @Test
  void rangesOfOneKey_doNotLowerTheHitRatioOfOthers() {
    double alone = hitRatio(0);
    double beside = hitRatio(RANGES);
    assertTrue(alone > 0.4 && alone < 0.9, "alone " + alone);
    assertTrue(beside > alone - 0.01, "alone " + alone + ", beside the ranges " + beside);
  }
}
