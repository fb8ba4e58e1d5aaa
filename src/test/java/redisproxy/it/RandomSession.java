package redisproxy.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A random session. Two servers must answer it with the same bytes: nothing in it depends on time,
 * on the order of a hash table, or on other connections.
 *
 * @param steps each step is answered before the next one is sent
 */
record RandomSession(List<Step> steps) {

  /**
   * The requests that are sent at once.
   *
   * @param byWriter whether the other connection sends them, which only reads and writes
   * @param requests the requests as sent
   * @param heldBack this many of the last bytes are sent with the next step
   * @param cuts the random seed that decides where the bytes are cut into pieces
   */
  record Step(boolean byWriter, List<String> requests, int heldBack, long cuts) {

    @Override
    public String toString() {
      String later = heldBack > 0 ? " (the last " + heldBack + " bytes later)" : "";
      return (byWriter ? "writer: " : "client: ")
          + String.join("| ", requests).replaceAll("[*$][0-9]+\r\n", "").replace("\r\n", " ")
          + later;
    }

    /** Returns this step with other requests. */
    Step with(List<String> others) {
      int length = others.get(others.size() - 1).length();
      return new Step(byWriter, others, Math.min(heldBack, length), cuts);
    }

    /** Returns this step without one of its requests. */
    Step without(int request) {
      List<String> fewer = new ArrayList<>(requests);
      fewer.remove(request);
      return new Step(byWriter, fewer, 0, cuts);
    }
  }

  private static final String[] READS = {
    "GET $k",
    "GET $k",
    "GET $k",
    "GET $k",
    "GET $k",
    "GET $k",
    "MGET $k $k",
    "STRLEN $k",
    "GETRANGE $k 1 3",
    "TYPE $k",
    "EXISTS $k $k",
    "LRANGE $k 0 -1",
    "HGETALL $k",
    "HGET $k f",
    "ZRANGE $k 0 -1 WITHSCORES",
    "XRANGE $k - +",
    "DBSIZE",
    "OBJECT ENCODING $k",
    "TOUCH $k"
  };

  /** Without ASYNC Redis 7.4 and later let the client wait for another thread. */
  private static final String[] WRITES = {
    "SET $k $v",
    "SET $k $v",
    "SET $k $v",
    "SET $k $v NX",
    "SET $k $v GET",
    "SET $k $v PX 100000",
    "SETNX $k $v",
    "GETSET $k $v",
    "GETDEL $k",
    "GETEX $k PERSIST",
    "APPEND $k $v",
    "INCR $k",
    "SETRANGE $k 2 $v",
    "SETBIT $k 7 1",
    "MSET $k $v $k $v",
    "MSETNX $k $v $k $v",
    "DEL $k $k",
    "UNLINK $k",
    "EXPIRE $k 0",
    "PERSIST $k",
    "RENAME $k $k",
    "RENAMENX $k $k",
    "COPY $k $k",
    "COPY $k $k DB 1 REPLACE",
    "MOVE $k 1",
    "SWAPDB 0 1",
    "FLUSHDB ASYNC",
    "FLUSHALL ASYNC",
    "RPUSH $k a b",
    "LPOP $k",
    "RPOP $k 2",
    "LMOVE $k $k LEFT RIGHT",
    "HSET $k f $v",
    "HDEL $k f",
    "SADD $k a",
    "SREM $k a",
    "SINTERSTORE $k $k",
    "ZADD $k 1 a",
    "ZREM $k a",
    "XADD $k 1-1 f v",
    "BITOP OR $k $k $k",
    "SORT $k ALPHA STORE $k",
    "PFADD $k a",
    "EVAL return(redis.call('SET',KEYS[1],ARGV[1])) 1 $k $v",
    "EVAL return(redis.call('GET',KEYS[1])) 1 $k",
    "EVAL redis.call('SET','k1','hidden')return({1,'x',false,{2}}) 0",
    "EVAL redis.call('SET',KEYS[1],'then')return(redis.call('LPUSH',KEYS[1],1)) 1 $k",
    "EVAL return(redis.error_reply('MY_error')) 0"
  };

  /** Reads that the cache answers. */
  private static final String[] CACHED_READS = {
    "GET $k",
    "GET $k",
    "STRLEN $k",
    "TYPE $k",
    "EXISTS $k",
    "GETRANGE $k 0 -1",
    "GETRANGE $k 1 $n",
    "GETRANGE $k -3 -2",
    "GETRANGE $k 0 -9",
    "GETRANGE $k x 1",
    "SUBSTR $k 0 $n",
    "GETBIT $k $n",
    "GETBIT $k 3",
    "BITCOUNT $k",
    "BITPOS $k 1",
    "HGETALL $k",
    "HGETALL $k",
    "HGET $k f",
    "HGET $k f",
    "HGET $k g",
    "HMGET $k f g none",
    "HEXISTS $k f",
    "HLEN $k",
    "HKEYS $k",
    "HVALS $k",
    "HSTRLEN $k f",
    "LRANGE $k 0 -1",
    "LRANGE $k 0 -1",
    "LRANGE $k 0 $n",
    "LINDEX $k 0",
    "LINDEX $k -1",
    "LLEN $k",
    "LPOS $k $n",
    "SMEMBERS $k",
    "SMEMBERS $k",
    "SISMEMBER $k 1",
    "SMISMEMBER $k 1 2 3",
    "SCARD $k",
    "ZSCORE $k a",
    "ZSCORE $k a",
    "ZMSCORE $k a b",
    "ZRANK $k b",
    "ZCARD $k",
    "ZCOUNT $k 1 $n",
    "ZRANGE $k 0 -1 WITHSCORES",
    "ZRANGE $k 0 -1 REV",
    "ZRANGEBYSCORE $k -inf +inf",
    "ZRANGEBYLEX $k - +",
    "XLEN $k",
    "XRANGE $k - +",
    "HGET $k",
    "LRANGE $k x y",
    "ZRANGE $k 00 -1"
  };

  /**
   * Writes of keys of all types. Sets of few numbers and hashes of short values are in the same
   * order on both servers, and two types are seldom mixed.
   */
  private static final String[] CHANGES = {
    "SET $k $v",
    "APPEND $k $n",
    "SETRANGE $k 1 $n",
    "HSET $k f $n",
    "HSET $k f $n g $n",
    "HSET $k f $n g $n",
    "HINCRBY $k f 1",
    "HDEL $k f",
    "RPUSH $k $n",
    "LPUSH $k $n $n",
    "LSET $k 0 $n",
    "LPOP $k",
    "LTRIM $k 0 1",
    "SADD $k $n",
    "SADD $k 1 $n",
    "SREM $k 1",
    "ZADD $k $n a",
    "ZADD $k $n a $n b",
    "ZINCRBY $k 1.5 a",
    "ZREM $k b",
    "XADD $k 1-1 f v",
    "DEL $k",
    "DEL $k",
    "RENAME $k $k",
    "COPY $k $k REPLACE",
    "EXPIRE $k 0",
    "SWAPDB 0 1",
    "FLUSHALL ASYNC",
    "EVAL return(redis.call('HSET',KEYS[1],'f',ARGV[1])) 1 $k $n",
    "EVAL return(redis.call('HSET','k1','f',ARGV[1])) 0 $n",
    "EVAL return(redis.call('RPUSH',KEYS[1],ARGV[1])) 1 $k $n"
  };

  private static final String[] STATES = {
    "MULTI",
    "MULTI",
    "MULTI",
    "EXEC",
    "EXEC",
    "EXEC",
    "EXEC",
    "DISCARD",
    "WATCH $k",
    "WATCH $k",
    "UNWATCH",
    "SELECT 0",
    "SELECT $d",
    "SELECT $d",
    "HELLO 2",
    "HELLO 3",
    "HELLO",
    "HELLO 3 SETNAME me",
    "RESET",
    "CLIENT TRACKING ON",
    "CLIENT TRACKING OFF",
    "CLIENT TRACKING ON OPTIN",
    "CLIENT CACHING YES",
    "CLIENT SETNAME me",
    "CLIENT GETNAME",
    "CLIENT TRACKINGINFO",
    "CLIENT GETREDIR",
    "CLIENT NO-EVICT OFF",
    "PING",
    "PING $v",
    "ECHO $v",
    "COMMAND COUNT",
    "COMMAND GETKEYS GET a",
    "AUTH no x",
    "AUTH x",
    "AUTH default x",
    "HELLO 3 AUTH default x",
    "HELLO 2 AUTH no x",
    "PUBLISH c $v",
    "SCRIPT EXISTS 00",
    "ACL WHOAMI"
  };

  private static final String[] MISTAKES = {
    "GET",
    "GET $k $k",
    "SET $k",
    "NOSUCH $k $v",
    "EXEC x",
    "MULTI x",
    "SELECT",
    "SELECT 99",
    "SELECT x",
    "SELECT 01",
    "SELECT -1",
    "HELLO 4",
    "HELLO x",
    "HELLO 3 x",
    "CLIENT",
    "CLIENT x",
    "CLIENT REPLY",
    "CLIENT REPLY x",
    "CLIENT TRACKING",
    "CLIENT SETNAME",
    "SUBSCRIBE",
    "WATCH",
    "EVAL return(1)",
    "EVAL return(1) 1",
    "EVAL x( 0",
    "EVALSHA 00 0",
    "PING a b",
    "ECHO",
    "COMMAND x",
    "CONFIG x",
    "RESET x",
    "OBJECT x",
    "INCR $k x",
    "UNWATCH x",
    "DISCARD x"
  };

  private static final String[] SUBSCRIPTIONS = {
    "SUBSCRIBE c", "SUBSCRIBE c c", "PSUBSCRIBE c*", "UNSUBSCRIBE", "UNSUBSCRIBE c",
    "UNSUBSCRIBE none c", "PUNSUBSCRIBE", "PUNSUBSCRIBE c*", "PUBLISH c $v", "PING"
  };

  private static final String[] SILENCES = {
    "CLIENT REPLY OFF",
    "CLIENT REPLY SKIP",
    "CLIENT REPLY SKIP",
    "CLIENT REPLY ON",
    "CLIENT REPLY ON",
    "CLIENT REPLY ON"
  };

  /** All keys in use. The last one cannot stand in an inline request. */
  static final List<String> KEYS = List.of("k0", "k1", "k2", "k3", "k4", "k\r\n\0\u00ff");

  /** A session of cached reads uses the first keys alone. */
  private static final int CACHED_KEYS = 3;

  /** Returns the session of a seed. */
  static RandomSession of(long seed) {
    return new Draw(new Random(seed), false).session();
  }

  /** Returns the session of a seed that reads a few keys of all types again and again. */
  static RandomSession ofCachedReads(long seed) {
    return new Draw(new Random(seed), true).session();
  }

  /** Returns this session without one step. */
  RandomSession without(int step) {
    List<Step> fewer = new ArrayList<>(steps);
    fewer.remove(step);
    return new RandomSession(fewer);
  }

  /** Returns this session without one request of a step. */
  RandomSession without(int step, int request) {
    List<Step> fewer = new ArrayList<>(steps);
    fewer.set(step, steps.get(step).without(request));
    return new RandomSession(fewer);
  }

  /** Returns this session with a command in place of some of its requests. */
  RandomSession replace(Predicate<String> which, String command) {
    String other = RespClient.request(command);
    return new RandomSession(
        steps.stream()
            .map(
                step ->
                    step.with(
                        step.requests().stream()
                            .map(request -> which.test(request) ? other : request)
                            .toList()))
            .toList());
  }

  /** Whether the client gets all its replies: no request contains CLIENT REPLY. */
  boolean isAnswered() {
    return steps.stream()
        .flatMap(step -> step.requests().stream())
        .noneMatch(request -> request.toUpperCase(Locale.ROOT).contains("REPLY"));
  }

  /** One line for each step. */
  @Override
  public String toString() {
    return steps.stream().map(Step::toString).collect(Collectors.joining("\n"));
  }

  /** Draws a session. */
  private static final class Draw {
    private final Random random;

    /**
     * Whether the session uses CLIENT REPLY, so the client may miss replies. Then it does not
     * subscribe or track, because versions of Redis send those messages differently. It opens no
     * transactions, because replies within them cannot be told apart. The writer sends nothing,
     * because it could not know when a request is done. No request is empty, because Redis may
     * count an empty request as the one whose reply to skip.
     */
    private final boolean isSilent;

    private final boolean isOfCachedReads;

    /** Reads that a session of cached reads repeats, because only those are kept. */
    private final List<String> favourites = new ArrayList<>();

    /** What most commands of a session of cached reads begin with. */
    private final char type;

    Draw(Random random, boolean isOfCachedReads) {
      this.random = random;
      this.isOfCachedReads = isOfCachedReads;
      this.type = isOfCachedReads ? "HLSZ".charAt(random.nextInt(4)) : 0;
      this.isSilent = random.nextInt(6) == 0 && !isOfCachedReads;
    }

    RandomSession session() {
      String[] more = isSilent ? SILENCES : random.nextInt(3) == 0 ? SUBSCRIPTIONS : READS;
      List<Step> steps = new ArrayList<>();
      for (int left = 1 + random.nextInt(16); left > 0; left--) {
        steps.add(step(!isSilent && random.nextInt(4) == 0, more));
      }
      return new RandomSession(steps);
    }

    private Step step(boolean byWriter, String[] more) {
      List<String> requests = new ArrayList<>();
      int most = byWriter ? 1 : random.nextInt(8) == 0 ? 40 : 6;
      boolean onlyGets = random.nextInt(3) == 0;
      for (int left = 1 + random.nextInt(most); left > 0; left--) {
        if (isOfCachedReads) {
          requests.add(request(cachedRead(byWriter, onlyGets)));
          continue;
        }
        String drawn = byWriter ? pick(READS, WRITES, WRITES) : template(more);
        requests.add(request(onlyGets ? "GET $k" : drawn));
      }
      int last = requests.get(requests.size() - 1).length();
      boolean holdsBack = !byWriter && random.nextInt(4) == 0;
      return new Step(byWriter, requests, holdsBack ? random.nextInt(last) : 0, random.nextLong());
    }

    private String cachedRead(boolean byWriter, boolean onlyReads) {
      if (byWriter) {
        return random.nextBoolean() ? fitting(CHANGES) : pick(CACHED_READS);
      }
      int at = onlyReads ? 0 : random.nextInt(40);
      String read = random.nextInt(4) == 0 ? pick(CACHED_READS) : favourite();
      return at < 32 ? read : at < 37 ? fitting(CHANGES) : pick(STATES);
    }

    /**
     * Draws again some times if it is not for the session's type. Then fewer replies are errors.
     */
    private String fitting(String[] from) {
      String drawn = pick(from);
      for (int i = 0; i < 4 && drawn.charAt(0) != type; i++) {
        drawn = pick(from);
      }
      return drawn;
    }

    private String favourite() {
      if (favourites.size() < 4) {
        String key = KEYS.get(random.nextInt(CACHED_KEYS));
        favourites.add(fitting(CACHED_READS).replace("$k", key).replace("$n", "2"));
      }
      return favourites.get(random.nextInt(favourites.size()));
    }

    private String template(String[] more) {
      String drawn =
          random.nextInt(8) == 0 ? pick(MISTAKES) : pick(READS, READS, WRITES, STATES, more);
      return isSilent && drawn.matches("MULTI|CLIENT TRACKING ON.*") ? "PING" : drawn;
    }

    private String pick(String[]... from) {
      String[] templates = from[random.nextInt(from.length)];
      return templates[random.nextInt(templates.length)];
    }

    private String request(String template) {
      String[] arguments = template.split(" ");
      if (random.nextInt(4) == 0) {
        arguments[0] = arguments[0].toLowerCase(Locale.ROOT);
      }
      boolean isInline = random.nextInt(5) == 0 && template.indexOf('\'') < 0;
      for (int i = 1; i < arguments.length; i++) {
        switch (arguments[i]) {
          case "$k" -> arguments[i] = key(isInline);
          case "$n" -> arguments[i] = "" + random.nextInt(20);
          case "$d" -> arguments[i] = "" + random.nextInt(4);
          case "$v" -> arguments[i] = value(isInline);
          default -> {}
        }
      }
      String empty = random.nextBoolean() ? "\r\n" : "*0\r\n";
      return (isSilent || random.nextInt(10) > 0 ? "" : empty)
          + (isInline ? String.join(" ", arguments) + "\r\n" : RespClient.request(arguments));
    }

    private String key(boolean isInline) {
      int keys = isOfCachedReads ? CACHED_KEYS : KEYS.size() - (isInline ? 1 : 0);
      return KEYS.get(random.nextInt(keys));
    }

    /** Returns a value: often a number, sometimes too large to keep. */
    private String value(boolean isInline) {
      return switch (random.nextInt(8)) {
        case 0 -> "x".repeat(random.nextInt(300) + 1);
        case 1 -> isInline ? "-" : "";
        case 2 -> isInline ? "+" : "a\r\n$1\r\n\0\u00ff";
        default -> "" + random.nextInt(1000);
      };
    }
  }
}
