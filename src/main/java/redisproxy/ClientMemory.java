package redisproxy;

import java.util.Set;
import java.util.concurrent.Executor;
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

  private final long most;
  private final Set<? extends RespConnection> clients;
  private final Executor later;
  private long held;
  private boolean relieving;

  /**
   * Nothing held yet.
   *
   * @param most how much may be held, in bytes
   * @param clients those who are connected
   * @param later runs a task on the event loop, when the present one is over
   */
  ClientMemory(long most, Set<? extends RespConnection> clients, Executor later) {
    this.most = most;
    this.clients = clients;
    this.later = later;
  }

  /**
   * How much the clients of one of so many fronts may have held, in bytes; never less than some of
   * them may each.
   */
  static long share(int fronts, long ofOne) {
    return Math.max(Runtime.getRuntime().maxMemory() / SHARE / fronts, 4 * ofOne);
  }

  /** A client has so many bytes more held, or, below 0, less. */
  void changed(long by) {
    held += by;
    if (held > most && !relieving) {
      relieving = true;
      later.execute(this::relieve);
    }
  }

  private void relieve() {
    relieving = false;
    int cutOff = 0;
    while (held > most) {
      RespConnection largest = null;
      for (RespConnection client : clients) {
        if (largest == null || client.charged() > largest.charged()) {
          largest = client;
        }
      }
      if (largest == null || largest.charged() == 0) {
        break;
      }
      largest.evict();
      cutOff++;
    }
    if (cutOff > 0) {
      LOG.atWarn()
          .addKeyValue(LogKey.CLIENTS, cutOff)
          .log("clients were cut off that had most memory held");
    }
  }
}
