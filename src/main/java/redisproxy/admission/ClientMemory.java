package redisproxy.admission;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;

/**
 * Counts the memory that the clients of one front use: incomplete requests and unread replies. The
 * settings limit each client. This class limits their sum to a share of the heap size. Most of the
 * memory is direct memory, and the limit of that is the heap size.
 *
 * <p>Above the limit, the largest clients are disconnected until an eighth of it is free. Redis
 * does the same with {@code maxmemory-clients}, for the same reason: otherwise a few clients that
 * do not read would take the memory of all. Belongs to one event loop.
 */
public final class ClientMemory {
  private static final Logger LOG = LoggerFactory.getLogger(ClientMemory.class);

  /** Clients of a protocol may use 1/4 of the heap size. The cache has 40 % of the heap. */
  private static final int SHARE = 4;

  /** Limits the rate of the warning so that an attacker cannot flood the log. */
  private static final long WARN_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String server;
  private final long most;
  private final Set<Account> accounts = new HashSet<>();
  private long held;

  /** When the last known sum exceeds this, all clients are measured. */
  private long measureAt;

  /** Clients disconnected since the last warning. */
  private int cutOff;

  private long warnedAt;

  /**
   * Starts without clients.
   *
   * @param server the server of these clients, for the log
   * @param most how much they may use together, in bytes
   */
  ClientMemory(String server, long most) {
    this.server = server;
    this.most = most;
    this.measureAt = most;
  }

  /**
   * For one of the fronts of a server: its part of a quarter of the heap size, and at least enough
   * for four clients at their own limit.
   *
   * @param server the server of these clients, for the log
   * @param fronts how many fronts the server has
   * @param ofOne how much one client may use, in bytes
   */
  public static ClientMemory of(String server, int fronts, long ofOne) {
    long share = Runtime.getRuntime().maxMemory() / SHARE / fronts;
    return new ClientMemory(server, Math.max(share, 4 * ofOne));
  }

  /**
   * Adds a client that uses no memory yet.
   *
   * @param measure returns how much the client uses now, in bytes; called until the account is
   *     closed
   * @param evict disconnects the client
   */
  public Account open(LongSupplier measure, Runnable evict) {
    Account account = new Account(measure, evict);
    accounts.add(account);
    return account;
  }

  /** The memory that one client uses. */
  public final class Account {
    private final LongSupplier measure;
    private final Runnable evict;
    private long bytes;
    private boolean closed;

    private Account(LongSupplier measure, Runnable evict) {
      this.measure = measure;
      this.evict = evict;
    }

    /**
     * Call this when the client may use more memory than before. This client and others may be
     * disconnected before it returns. Waiting for the end of the event-loop turn would be too late:
     * the loop would first read everything that is ready.
     */
    public void count() {
      if (measured() > 0 && held > measureAt) {
        relieve();
      }
    }

    /** The client is gone, and its memory is free. */
    public void close() {
      if (!closed) {
        closed = true;
        accounts.remove(this);
        held -= bytes;
      }
    }

    /** Measures the client, and returns by how much it grew since the last measurement. */
    private long measured() {
      if (closed) {
        return 0;
      }
      long more = measure.getAsLong() - bytes;
      held += more;
      bytes += more;
      return more;
    }
  }

  /**
   * Disconnects the largest clients if too much memory is in use. Measures all clients first,
   * because a client that has read its replies does not report that.
   */
  private void relieve() {
    accounts.forEach(Account::measured);
    if (held > most) {
      List<Account> largestFirst = new ArrayList<>(accounts);
      largestFirst.sort(Comparator.comparingLong((Account each) -> each.bytes).reversed());
      for (Account largest : largestFirst) {
        if (held > most - eighth() && !largest.closed) {
          largest.close();
          largest.evict.run();
          cutOff++;
        }
      }
      warn();
    }
    measureAt = Math.max(most, held + eighth());
  }

  /**
   * The step between measurements of all clients. Without it, each small growth would measure all.
   */
  private long eighth() {
    return most / 8;
  }

  private void warn() {
    long now = System.nanoTime();
    if (warnedAt == 0 || now - warnedAt > WARN_EVERY_NANOS) {
      LOG.atWarn()
          .addKeyValue(LogKey.SERVER, server)
          .addKeyValue(LogKey.CLIENTS, cutOff)
          .log("clients that used the most memory were disconnected");
      warnedAt = now;
      cutOff = 0;
    }
  }
}
