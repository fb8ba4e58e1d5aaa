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
import redisproxy.cache.Read;
import redisproxy.command.CachedCommand;
import redisproxy.command.Request;
import redisproxy.tracing.RequestSpan;
import redisproxy.transport.Choice;
import redisproxy.upstream.load.Reachability;

/**
 * The messages on the event bus, with their addresses, senders and receivers.
 *
 * <pre>
 *   front → cache   {@link #LOOKUPS}       {@link Lookups}: all lookups that its connections made in one event-loop turn
 *   cache → front   the front's address    the same {@link Lookups} with the hits filled in, at once
 *   cache → front   the front's address    {@link Answers}: the answers of loads that have ended since
 *   front → cache   {@link #INVALIDATIONS} {@link redisproxy.command.Writes}: what may have been written
 *   front → cache   {@link #FENCES}        {@link Fence}: comes back once everything written before it is invalidated
 *   cache → front   the front's address    the same {@link Fence} with {@code passed} filled in
 *   cache → fronts  {@link #SERVER}        published: a {@link redisproxy.upstream.Server}, once the proxy has queried it
 *   front → cache   {@link #WHAT_SERVER}   a starting front requests that the server is published again; no answer of its own
 *   front → fronts  {@link #ACCESS}        published: the rules of who may log in to Redis may have changed; no body
 *   cache → fronts  {@link #ADMITTED}      published: whether Redis lets the proxy log in, a {@link Boolean}
 *   front → cache   {@link #MOVED}         Redis accepts writes that it refused before, so it may be another server; when the connection to it was begun, in nanoseconds
 *   cache → fronts  {@link #RENEW}         published: stop using connections that were opened before; no body
 *   reload → all    {@link #SETTINGS}      published: the {@link redisproxy.config.Settings} that apply from now on
 *   front → cache   {@link #REPORT}        {@link ReportRequest}: requests a report on the cache
 *   cache → front   the front's address    the same {@link ReportRequest} with {@code report} filled in
 * </pre>
 *
 * <p>The admin verticle does not use the bus; see {@link StatsCollector}.
 *
 * <p>Messages are objects passed by reference within this process. The last receiver of a message
 * owns it. For each pair of sender and receiver the bus is first in, first out. But an event loop
 * handles input from sockets before waiting messages, so code that must not overtake {@link
 * #ACCESS} runs in a task of its own. Only {@code send} and {@code publish} are used: a {@code
 * request} for each GET would cost six times as much (docs/decisions.md).
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

  /** Passes the message by reference. It never leaves this process and is never encoded. */
  public static final DeliveryOptions BY_REFERENCE =
      new DeliveryOptions().setCodecName(ByReference.NAME).setLocalOnly(true);

  private Bus() {}

  /** Registers {@link #BY_REFERENCE}. Call this once for each Vertx, before sending anything. */
  public static void register(Vertx vertx) {
    vertx.eventBus().registerCodec(new ByReference());
  }

  /** Receives the answers to its lookups, on its own event loop. */
  public interface Requester {
    /**
     * The answer to the lookup with this ticket. Called exactly once for each lookup, even if the
     * client has disconnected.
     *
     * @param hit whether the cache held it
     */
    void answered(int ticket, Answer answer, boolean hit);

    /** The span that is the parent of the load's span, or null. */
    default @Nullable RequestSpan span() {
      return null;
    }

    /** No more answers follow in this turn, so write them to the socket now. */
    void answersEnd();

    /**
     * A method of this requester threw this. It is a fault of the proxy. The other requesters still
     * get their answers.
     */
    void broken(Throwable fault);
  }

  /**
   * The lookups of one front in one turn of its event loop. Grows as needed. The front reuses it
   * after the cache has sent it back.
   */
  public static final class Lookups {
    /** A front sends the batch as soon as it has this many lookups. */
    private static final int FULL = 1024;

    /** A front sends the batch as soon as its keys have this many bytes. */
    private static final int FULL_BYTES = 64 * 1024;

    /** The address that the answers are sent to. */
    public final String replyTo;

    /** When the first lookup was made, by {@link System#nanoTime}. */
    public long askedAt;

    /** The smallest capacity, in lookups. */
    private static final int FEW = 16;

    public int size;
    public Requester[] requesters = new Requester[FEW];
    public int[] tickets = new int[FEW];
    public int[] dbs = new int[FEW];
    public int[] hashes = new int[FEW];

    /**
     * Where each key and its read end in {@link #keys}. A key begins where the previous read ends.
     */
    int[] ends = new int[FEW];

    /** How many bytes behind each key are the {@link redisproxy.cache.Read} of it; 0 for GET. */
    public int[] readLengths = new int[FEW];

    /** The keys, and behind each the read of it. */
    public byte[] keys = new byte[512];

    /** The cache fills this in. Null if a load has to answer. */
    public @Nullable Answer[] answers = new Answer[FEW];

    Lookups(String replyTo) {
      this.replyTo = replyTo;
    }

    boolean isFull() {
      return size >= FULL || keyStart(size) >= FULL_BYTES;
    }

    public int keyStart(int i) {
      return i == 0 ? 0 : ends[i - 1];
    }

    public int keyLength(int i) {
      return ends[i] - readLengths[i] - keyStart(i);
    }

    public void add(
        Requester requester, int ticket, int db, ByteBuf buffer, int start, int length) {
      int offset = reserve(length);
      buffer.getBytes(start, keys, offset, length);
      add(requester, ticket, db, Key.hash(db, keys, offset, length), offset + length, 0);
    }

    /**
     * Adds a lookup of another read than GET.
     *
     * @param request has the key as its first argument
     * @param flags of the {@link Read}
     * @return the hash of the key
     */
    public int add(
        Requester requester,
        int ticket,
        int db,
        Request request,
        CachedCommand command,
        int flags) {
      ByteBuf buffer = request.buffer();
      int length = request.length(1);
      int readLength = 1 + 2 + command.name().length();
      for (int i = 2; i < request.count(); i++) {
        readLength += 2 + request.length(i);
      }
      int offset = reserve(length + readLength);
      buffer.getBytes(request.start(1), keys, offset, length);
      int at = offset + length;
      keys[at++] = (byte) flags;
      at = Read.putLength(keys, at, command.name().length());
      for (int i = 0; i < command.name().length(); i++) {
        keys[at++] = (byte) command.name().charAt(i);
      }
      for (int i = 2; i < request.count(); i++) {
        at = Read.putLength(keys, at, request.length(i));
        buffer.getBytes(request.start(i), keys, at, request.length(i));
        at += request.length(i);
      }
      int hash = Key.hash(db, keys, offset, length);
      add(requester, ticket, db, hash, at, readLength);
      return hash;
    }

    /**
     * Adds a lookup.
     *
     * @param read null for GET
     */
    public void add(Requester requester, int ticket, Key key, @Nullable Read read) {
      byte[] bytes = key.bytes();
      int readLength = read == null ? 0 : read.bytes().length;
      int offset = reserve(bytes.length + readLength);
      System.arraycopy(bytes, 0, keys, offset, bytes.length);
      if (read != null) {
        System.arraycopy(read.bytes(), 0, keys, offset + bytes.length, readLength);
      }
      int end = offset + bytes.length + readLength;
      add(requester, ticket, key.db(), key.hashCode(), end, readLength);
    }

    private int reserve(int length) {
      int offset = keyStart(size);
      if (keys.length - offset < length) {
        keys = Arrays.copyOf(keys, Math.max(keys.length * 2, offset + length));
      }
      return offset;
    }

    private void add(Requester requester, int ticket, int db, int hash, int end, int readLength) {
      if (size == tickets.length) {
        growNumbers(size * 2);
      }
      if (size == requesters.length) {
        growReferences(size * 2);
      }
      requesters[size] = requester;
      tickets[size] = ticket;
      dbs[size] = db;
      hashes[size] = hash;
      readLengths[size] = readLength;
      ends[size++] = end;
    }

    private void growNumbers(int capacity) {
      tickets = Arrays.copyOf(tickets, capacity);
      dbs = Arrays.copyOf(dbs, capacity);
      hashes = Arrays.copyOf(hashes, capacity);
      ends = Arrays.copyOf(ends, capacity);
      readLengths = Arrays.copyOf(readLengths, capacity);
    }

    private void growReferences(int capacity) {
      requesters = Arrays.copyOf(requesters, capacity);
      answers = Arrays.copyOf(answers, capacity);
    }

    /**
     * Empties the batch for reuse, and frees an array that a huge key made large. References go
     * into new arrays: storing one in an array of the old generation costs the garbage collector
     * more than a new array. The new arrays have room for as many lookups as the last batch had.
     * With room for the largest batch ever, batches of one lookup each would make the collector run
     * every second.
     */
    void clear() {
      int capacity = FEW;
      while (capacity < size) {
        capacity *= 2;
      }
      requesters = new Requester[capacity];
      answers = new Answer[capacity];
      size = 0;
      if (keys.length > 2 * FULL_BYTES) {
        keys = new byte[512];
      }
    }
  }

  /** The answers of loads for one front in one turn of the cache's event loop. */
  public static final class Answers {
    int size;
    Requester[] requesters = new Requester[4];
    int[] tickets = new int[4];
    public Answer[] answers = new Answer[4];

    /** When each lookup was made, by {@link System#nanoTime}. */
    public long[] askedAt = new long[4];

    Key[] keys = new Key[4];

    public void add(Requester requester, int ticket, Answer answer, Key key, long asked) {
      if (size == requesters.length) {
        requesters = Arrays.copyOf(requesters, size * 2);
        tickets = Arrays.copyOf(tickets, size * 2);
        answers = Arrays.copyOf(answers, size * 2);
        askedAt = Arrays.copyOf(askedAt, size * 2);
        keys = Arrays.copyOf(keys, size * 2);
      }
      requesters[size] = requester;
      tickets[size] = ticket;
      askedAt[size] = asked;
      keys[size] = key;
      answers[size++] = answer;
    }
  }

  /** Waits until earlier writes are invalidated. */
  public interface Fenced {
    /**
     * Called exactly once, on the event loop of the front.
     *
     * @param passed true if the feed has reported and invalidated everything that was written by
     *     commands whose replies had arrived before; false if Redis does not report writes
     */
    void fenced(boolean passed);

    /** {@link #fenced} threw this. It is a fault of the proxy. */
    void broken(Throwable fault);
  }

  /** All fence requests of one front in one turn of its event loop. */
  public static final class Fence {
    public final String replyTo;
    final List<Fenced> waiting = new ArrayList<>(4);

    /** Drop all entries if Redis does not report what was written. */
    public boolean dropsAll;

    /** The rules of who may log in may have changed, so ask Redis first. */
    public boolean checksAccess;

    /** The cache fills this in. */
    public boolean passed;

    Fence(String replyTo) {
      this.replyTo = replyTo;
    }
  }

  /** Requests a report on the cache. */
  public static final class ReportRequest {
    public final String replyTo;

    /** Gets the report on the front's event loop. */
    final Consumer<Report> requester;

    /** The cache fills this in. */
    public @Nullable Report report;

    ReportRequest(String replyTo, Consumer<Report> requester) {
      this.replyTo = replyTo;
      this.requester = requester;
    }
  }

  /**
   * The state and the statistics of the cache.
   *
   * @param touched keys that Redis was told are read
   */
  public record Report(
      CacheStats cache,
      long touched,
      Reachability redis,
      CoherenceState coherence,
      Choice transport) {}

  /** Passes the object itself. The methods that encode are never called. */
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
