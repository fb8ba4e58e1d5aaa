package redisproxy.bus;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageCodec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Answer;
import redisproxy.cache.CacheStats;
import redisproxy.cache.Key;
import redisproxy.tracing.RequestSpan;
import redisproxy.transport.Choice;
import redisproxy.upstream.load.Reachability;

/**
 * Who says what to whom over the event bus: both halves of the contract.
 *
 * <pre>
 *   front → cache   {@link #LOOKUPS}       {@link Lookups}: what all its connections asked in one event-loop turn
 *   cache → front   the front's address    the same {@link Lookups}, hits filled in, at once
 *   cache → front   the front's address    {@link Answers}: what loads have brought since
 *   front → cache   {@link #INVALIDATIONS} {@link redisproxy.command.Writes}: what may have been written
 *   front → cache   {@link #FENCES}        {@link Fence}: to come back when all that was written before is invalidated
 *   cache → front   the front's address    the same {@link Fence}, {@code passed} filled in
 *   cache → fronts  {@link #SERVER}        published: a {@link redisproxy.upstream.Server}, when it has been asked
 *   front → cache   {@link #WHAT_SERVER}   asks for that to be published again, when it starts
 *   front → fronts  {@link #ACCESS}        published: who may log in to Redis may have changed; no body
 *   cache → fronts  {@link #ADMITTED}      published: whether Redis lets the proxy in, a {@link Boolean}
 *   front → cache   {@link #MOVED}         writes are taken that were not, perhaps by another server; when that was connected to, in nanoseconds
 *   cache → fronts  {@link #RENEW}         published: connections are not for use any more that were opened before; no body
 *   reload → all    {@link #SETTINGS}      published: the {@link redisproxy.config.Settings} that hold from now on
 *   front → cache   {@link #REPORT}        {@link Enquiry}: how the cache is doing
 *   cache → front   the front's address    the same {@link Enquiry}, {@code report} filled in
 * </pre>
 *
 * <p>The admin verticle is not on it: {@link Census} says how it asks.
 *
 * <p>Messages are objects passed by reference within this process; whoever received one last owns
 * it. The bus is first in, first out for each pair of sender and receiver. What a socket brings is
 * handled before messages that wait; whatever must not overtake {@link #ACCESS} is done in a task
 * of its own. It is used with {@code send} and {@code publish} alone: a {@code request} for each
 * GET would cost six times as much (docs/decisions.md).
 */
public final class Bus {
  public static final String LOOKUPS = "cache.lookups";
  public static final String INVALIDATIONS = "cache.invalidations";
  public static final String FENCES = "cache.fences";
  public static final String ACCESS = "access";
  public static final String ADMITTED = "admitted";
  public static final String MOVED = "moved";
  public static final String RENEW = "renew";
  public static final String SERVER = "server";
  public static final String WHAT_SERVER = "server.what";
  public static final String SETTINGS = "settings";
  public static final String REPORT = "cache.report";

  /** Never leaves this process, never encoded. */
  public static final DeliveryOptions BY_REFERENCE =
      new DeliveryOptions().setCodecName(ByReference.NAME).setLocalOnly(true);

  private Bus() {}

  /** Makes {@link #BY_REFERENCE} known; once for each Vertx, before anything is sent. */
  public static void register(Vertx vertx) {
    vertx.eventBus().registerCodec(new ByReference());
  }

  /** Who asked, told on its own event loop. */
  public interface Asker {
    /**
     * The answer to the lookup it made under this ticket. Comes exactly once for each, even when
     * the client has gone.
     *
     * @param hit whether the cache held it
     */
    void answered(int ticket, Answer answer, boolean hit);

    /** What its load is to be traced as a part of, or null. */
    default @Nullable RequestSpan span() {
      return null;
    }

    /** No more answers come in this turn: the time to write. */
    void answersEnd();

    /**
     * One of the above threw this: a fault of the proxy, which must not cost others their answers.
     */
    void broken(Throwable fault);
  }

  /**
   * Lookups of one front. It grows to what a turn needs and is used again when it has come back.
   */
  public static final class Lookups {
    /** A front sends what it has when it has so many, or so many bytes of keys. */
    private static final int FULL = 1024;

    private static final int FULL_BYTES = 64 * 1024;

    /** Where the answers go. */
    public final String replyTo;

    /** When the first of them was asked, by {@link System#nanoTime}. */
    public long askedAt;

    /** Room for so many at least. */
    private static final int FEW = 16;

    public int size;
    public Asker[] askers = new Asker[FEW];
    public int[] tickets = new int[FEW];
    public int[] dbs = new int[FEW];
    public int[] hashes = new int[FEW];

    /** Where each key ends in {@link #keys}; it begins where the one before it ends. */
    int[] keyEnds = new int[FEW];

    public byte[] keys = new byte[512];

    /** Filled in by the cache; null where a load has to answer. */
    public @Nullable Answer[] answers = new Answer[FEW];

    Lookups(String replyTo) {
      this.replyTo = replyTo;
    }

    boolean isFull() {
      return size >= FULL || keyStart(size) >= FULL_BYTES;
    }

    public int keyStart(int i) {
      return i == 0 ? 0 : keyEnds[i - 1];
    }

    public int keyLength(int i) {
      return keyEnds[i] - keyStart(i);
    }

    public void add(Asker asker, int ticket, int db, ByteBuf buffer, int start, int length) {
      int offset = reserve(length);
      buffer.getBytes(start, keys, offset, length);
      add(asker, ticket, db, Key.hash(db, keys, offset, length), offset + length);
    }

    public void add(Asker asker, int ticket, Key key) {
      byte[] bytes = key.bytes();
      int offset = reserve(bytes.length);
      System.arraycopy(bytes, 0, keys, offset, bytes.length);
      add(asker, ticket, key.db(), key.hashCode(), offset + bytes.length);
    }

    private int reserve(int length) {
      int offset = keyStart(size);
      if (keys.length - offset < length) {
        keys = Arrays.copyOf(keys, Math.max(keys.length * 2, offset + length));
      }
      return offset;
    }

    private void add(Asker asker, int ticket, int db, int hash, int keyEnd) {
      if (size == tickets.length) {
        growNumbers(size * 2);
      }
      if (size == askers.length) {
        growReferences(size * 2);
      }
      askers[size] = asker;
      tickets[size] = ticket;
      dbs[size] = db;
      hashes[size] = hash;
      keyEnds[size++] = keyEnd;
    }

    private void growNumbers(int capacity) {
      tickets = Arrays.copyOf(tickets, capacity);
      dbs = Arrays.copyOf(dbs, capacity);
      hashes = Arrays.copyOf(hashes, capacity);
      keyEnds = Arrays.copyOf(keyEnds, capacity);
    }

    private void growReferences(int capacity) {
      askers = Arrays.copyOf(askers, capacity);
      answers = Arrays.copyOf(answers, capacity);
    }

    /**
     * Empties it for its next use; what a huge key made large is let go. The references are kept in
     * new arrays: storing one in an old array costs the garbage collector more than a new array.
     * These have room for as many as there were: with room for the most there ever were, batches of
     * one request each would make the collector run every second.
     */
    void clear() {
      int capacity = FEW;
      while (capacity < size) {
        capacity *= 2;
      }
      askers = new Asker[capacity];
      answers = new Answer[capacity];
      size = 0;
      if (keys.length > 2 * FULL_BYTES) {
        keys = new byte[512];
      }
    }
  }

  /** What loads have brought for one front in one turn of the cache's event loop. */
  public static final class Answers {
    int size;
    Asker[] askers = new Asker[4];
    int[] tickets = new int[4];
    public Answer[] answers = new Answer[4];

    /** When each was asked, by {@link System#nanoTime}. */
    public long[] askedAt = new long[4];

    Key[] keys = new Key[4];

    public void add(Asker asker, int ticket, Answer answer, Key key, long asked) {
      if (size == askers.length) {
        askers = Arrays.copyOf(askers, size * 2);
        tickets = Arrays.copyOf(tickets, size * 2);
        answers = Arrays.copyOf(answers, size * 2);
        askedAt = Arrays.copyOf(askedAt, size * 2);
        keys = Arrays.copyOf(keys, size * 2);
      }
      askers[size] = asker;
      tickets[size] = ticket;
      askedAt[size] = asked;
      keys[size] = key;
      answers[size++] = answer;
    }
  }

  /** Who waits until what was written is invalidated. */
  public interface Fenced {
    /**
     * Comes exactly once, on the asker's own event loop.
     *
     * @param passed whether all that was written by commands whose replies had come before is
     *     invalidated, as Redis has told it; if not, Redis does not tell
     */
    void fenced(boolean passed);

    /** The above threw this: a fault of the proxy. */
    void broken(Throwable fault);
  }

  /** Those of one front who began to wait in one turn of its event loop. */
  public static final class Fence {
    public final String replyTo;
    final List<Fenced> waiting = new ArrayList<>(4);

    /** Where Redis does not tell what was written, everything is to be dropped. */
    public boolean dropsAll;

    /** Who may log in may have changed: it comes back when Redis was asked who may. */
    public boolean checksAccess;

    /** Filled in by the cache. */
    public boolean passed;

    Fence(String replyTo) {
      this.replyTo = replyTo;
    }
  }

  /** Asks how the cache is doing. */
  public static final class Enquiry {
    public final String replyTo;

    /** Is told on its own event loop. */
    final Consumer<Report> asker;

    /** Filled in by the cache. */
    public @Nullable Report report;

    Enquiry(String replyTo, Consumer<Report> asker) {
      this.replyTo = replyTo;
      this.asker = asker;
    }
  }

  /** How the cache is doing. */
  public record Report(
      CacheStats cache, Reachability redis, CoherenceState coherence, Choice transport) {}

  /** Hands the object itself over; it must never be asked to encode one. */
  private static final class ByReference implements MessageCodec<Object, Object> {
    static final String NAME = "by-reference";

    @Override
    public Object transform(Object message) {
      return message;
    }

    @Override
    public void encodeToWire(Buffer buffer, Object message) {
      throw new UnsupportedOperationException("sent within this process only");
    }

    @Override
    public Object decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException("sent within this process only");
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
