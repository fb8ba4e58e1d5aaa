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
 * What the clients of one front have it hold: requests that are not whole and replies that are not
 * read. The settings bound what each of them may; all together may a share of the heap, for as much
 * as of that there is memory outside of it, where most of this is. Beyond, who holds most is cut
 * off until an eighth is free: as Redis does by {@code maxmemory-clients}, and for the same reason,
 * that else some who do not read take the memory of all. Belongs to one event loop.
 */
public final class ClientMemory {
  private static final Logger LOG = LoggerFactory.getLogger(ClientMemory.class);

  /** The share of the heap that clients of a protocol may have held; the cache has 40 % of it. */
  private static final int SHARE = 4;

  /** Who attacks is not to fill the log as well. */
  private static final long WARN_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String server;
  private final long most;
  private final Set<Account> accounts = new HashSet<>();
  private long held;

  /** All are measured when so much is held, as far as is known. */
  private long measureAt;

  /** Since this was warned of last. */
  private int cutOff;

  private long warnedAt;

  /**
   * Nothing held yet.
   *
   * @param server whose clients they are, for the log
   * @param most how much may be held, in bytes
   */
  ClientMemory(String server, long most) {
    this.server = server;
    this.most = most;
    this.measureAt = most;
  }

  /**
   * For one of so many fronts of a server: its part of a quarter of the heap, and never less than
   * some clients may have held each.
   *
   * @param server whose clients they are, for the log
   * @param ofOne how much one client may have held, in bytes
   */
  public static ClientMemory of(String server, int fronts, long ofOne) {
    long share = Runtime.getRuntime().maxMemory() / SHARE / fronts;
    return new ClientMemory(server, Math.max(share, 4 * ofOne));
  }

  /**
   * A client that holds nothing yet.
   *
   * @param measure how much it has held now, in bytes; asked until it is closed
   * @param evict cuts it off
   */
  public Account open(LongSupplier measure, Runnable evict) {
    Account account = new Account(measure, evict);
    accounts.add(account);
    return account;
  }

  /** What one client has held. */
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
     * It may have more held than before. It may be cut off before this returns, and so may others:
     * were that put off until the turn is over, all that is ready to be read in it would have been.
     */
    public void count() {
      if (measured() > 0 && held > measureAt) {
        relieve();
      }
    }

    /** It is gone, with all that it had held. */
    public void close() {
      if (!closed) {
        closed = true;
        accounts.remove(this);
        held -= bytes;
      }
    }

    /** How much more it has held than when last measured. */
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

  /** What others have read meanwhile was not told: all are measured before anybody is cut off. */
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

  /** Or, with many clients, each that has a little more held would have all of them asked. */
  private long eighth() {
    return most / 8;
  }

  private void warn() {
    long now = System.nanoTime();
    if (warnedAt == 0 || now - warnedAt > WARN_EVERY_NANOS) {
      LOG.atWarn()
          .addKeyValue(LogKey.SERVER, server)
          .addKeyValue(LogKey.CLIENTS, cutOff)
          .log("clients were cut off that had most memory held");
      warnedAt = now;
      cutOff = 0;
    }
  }
}
