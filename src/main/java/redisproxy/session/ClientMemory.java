package redisproxy.session;

import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;

/**
 * What the RESP clients of one front have it hold: requests that are not whole and replies that are
 * not read. The settings bound what each of them may; all together may a share of the heap, for as
 * much as of that there is memory outside of it, where most of this is. Beyond, who holds most is
 * cut off until it is enough: as Redis does by {@code maxmemory-clients}, and for the same reason,
 * that else some who do not read take the memory of all. Belongs to one event loop.
 */
final class ClientMemory {
  private static final Logger LOG = LoggerFactory.getLogger(ClientMemory.class);

  /** The share of the heap that clients may have held, for the cache has 40 % unless told more. */
  private static final int SHARE = 4;

  /** Who attacks is not to fill the log as well. */
  private static final long WARN_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final long most;
  private final Set<Account> accounts = new HashSet<>();
  private long held;

  /** Since this was warned of last. */
  private int cutOff;

  private long warnedAt;

  /**
   * Nothing held yet.
   *
   * @param most how much may be held, in bytes
   */
  ClientMemory(long most) {
    this.most = most;
  }

  /**
   * How much the clients of one of so many fronts may have held, in bytes; never less than some of
   * them may each.
   */
  static long share(int fronts, long ofOne) {
    return Math.max(Runtime.getRuntime().maxMemory() / SHARE / fronts, 4 * ofOne);
  }

  /**
   * A client that holds nothing yet.
   *
   * @param evict cuts it off
   */
  Account open(Runnable evict) {
    Account account = new Account(evict);
    accounts.add(account);
    return account;
  }

  /** What one client has held. */
  final class Account {
    private final Runnable evict;
    private long bytes;

    private Account(Runnable evict) {
      this.evict = evict;
    }

    /**
     * It has so much held now. It may be cut off before this returns, and so may others: were that
     * put off until the turn is over, all that is ready to be read in it would have been.
     */
    void set(long now) {
      if (now != bytes && accounts.contains(this)) {
        long more = now - bytes;
        held += more;
        bytes = now;
        if (more > 0 && held > most) {
          relieve();
        }
      }
    }

    /** It is gone, with all that it had held. */
    void close() {
      if (accounts.remove(this)) {
        held -= bytes;
      }
    }
  }

  private void relieve() {
    while (held > most) {
      Account largest = Collections.max(accounts, Comparator.comparingLong(each -> each.bytes));
      largest.close();
      largest.evict.run();
      cutOff++;
    }
    warn();
  }

  private void warn() {
    long now = System.nanoTime();
    if (warnedAt == 0 || now - warnedAt > WARN_EVERY_NANOS) {
      LOG.atWarn()
          .addKeyValue(LogKey.CLIENTS, cutOff)
          .log("clients were cut off that had most memory held");
      warnedAt = now;
      cutOff = 0;
    }
  }
}
