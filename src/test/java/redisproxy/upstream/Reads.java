package redisproxy.upstream;

import io.vertx.redis.client.RedisConnection;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import redisproxy.cache.Answer;
import redisproxy.cache.Cache;
import redisproxy.cache.CachedReply;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.Kept;
import redisproxy.cache.Key;
import redisproxy.cache.Load;
import redisproxy.cache.LruCache;
import redisproxy.cache.NotCached;
import redisproxy.cache.Prefixes;
import redisproxy.cache.Read;
import redisproxy.cache.ReadThrough;
import redisproxy.cache.TooLarge;
import redisproxy.cache.Unverified;
import redisproxy.upstream.load.Loader;

/** A cache that hands its loads to the test's loader, and records the answers to lookups. */
public final class Reads {
  /** The longest value that is loaded whole. */
  public static final int MAX = 10;

  public static final long EXPIRY_MS = 100_000;

  /** Ignores the events of the loader's connection. */
  public static final Loader.Owner NOBODY =
      new Loader.Owner() {
        @Override
        public void connected(RedisConnection connection) {}

        @Override
        public void known(Server server) {}

        @Override
        public void lost(boolean isRefused) {}
      };

  /** The answers in order, each after its key, and after its database unless that is 0. */
  public final List<String> told = new CopyOnWriteArrayList<>();

  private final Loop loop;
  private final VirtualTime time;
  private final Cache lru = new LruCache(100, 1 << 20);

  /** Starts the loads. */
  public Consumer<Load<String>> loader = load -> {};

  /** If not null, the cache throws this instead of keeping an entry. */
  public RuntimeException fault;

  public final ReadThrough<String> cache;

  public Reads(Loop loop, VirtualTime time) {
    this.loop = loop;
    this.time = time;
    Class<?>[] interfaces = {Cache.class};
    Cache faulty =
        (Cache)
            Proxy.newProxyInstance(
                Reads.class.getClassLoader(),
                interfaces,
                (proxy, method, arguments) -> {
                  if (fault != null && method.getName().equals("put")) {
                    throw fault;
                  }
                  return method.invoke(lru, arguments);
                });
    this.cache =
        new ReadThrough<>(
            faulty,
            new ReadThrough.Limits(EXPIRY_MS, EXPIRY_MS, 0, 1000, true, 1000, Prefixes.ALL),
            load -> loader.accept(load),
            (waiter, answer) -> told.add(waiter + ": " + text(answer)),
            then -> then.accept(time.getAsLong()));
  }

  private static String text(Answer answer) {
    if (answer instanceof Entry entry) {
      return entry.isMissing() ? "missing" : "'" + value(entry) + "'";
    }
    if (answer instanceof Failure failure) {
      return failure.kind() + " " + failure.text();
    }
    if (answer instanceof CachedReply reply) {
      return new String(reply.bytes(), StandardCharsets.ISO_8859_1).replace("\r\n", " ");
    }
    if (answer instanceof NotCached) {
      return "not cached";
    }
    return answer instanceof TooLarge ? "too large" : text(((Unverified) answer).entry());
  }

  private static String value(Entry entry) {
    return new String(
        entry.bytes(), entry.valueOffset(), entry.valueLength(), StandardCharsets.UTF_8);
  }

  private static Key key(int db, String name) {
    return Key.of(db, name.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A read.
   *
   * @param words the command's name and the arguments behind the key
   */
  public static Read read(int flags, String... words) {
    byte[] bytes = new byte[1024];
    bytes[0] = (byte) flags;
    int end = 1;
    for (String word : words) {
      end = Read.putLength(bytes, end, word.length());
      System.arraycopy(word.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, end, word.length());
      end += word.length();
    }
    return Read.copyOf(bytes, 0, end);
  }

  /** Loads the reply to a read of each of these keys, all in one turn. */
  public void load(int db, Read read, String... names) throws Exception {
    loop.run(
        () -> {
          for (String name : names) {
            cache.load(key(db, name), read, name, time.getAsLong());
          }
        });
  }

  /** Loads keys of database 0, all in one turn. */
  public void load(String... names) throws Exception {
    loop.run(
        () -> {
          for (String name : names) {
            cache.load(key(0, name), null, name, time.getAsLong());
          }
        });
  }

  public void load(int db, String name) throws Exception {
    loop.run(() -> cache.load(key(db, name), null, db + "/" + name, time.getAsLong()));
  }

  /** How long a key's entry may still be served, in milliseconds; -1 if there is none. */
  public long kept(String name) throws Exception {
    return loop.call(
        () -> {
          Kept entry = lru.peek(key(0, name), time.getAsLong());
          return entry == null ? -1 : entry.expiresAt() - time.getAsLong();
        });
  }

  /** The answers since the last call. */
  public List<String> answers() {
    List<String> answers = List.copyOf(told);
    told.clear();
    return answers;
  }
}
