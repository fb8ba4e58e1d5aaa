package redisproxy.admission;

import java.util.LinkedHashMap;
import java.util.Map;

/** A bounded map by client address that removes the least recently used entry first. */
final class RecentClients<T> extends LinkedHashMap<String, T> {
  private static final long serialVersionUID = 1L;

  /** A client that uses more addresses than this is bounded only by the limit for all clients. */
  static final int MOST = 10_000;

  RecentClients() {
    super(16, 0.75f, true);
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
    return size() > MOST;
  }
}
