package redisproxy.admission;

import java.util.LinkedHashMap;
import java.util.Map;

/** What is remembered of clients by their addresses: of so many, who came last. */
final class RecentClients<T> extends LinkedHashMap<String, T> {
  private static final long serialVersionUID = 1L;

  /** Who has more addresses than this is bounded by what all may do together. */
  static final int MOST = 10_000;

  RecentClients() {
    super(16, 0.75f, true);
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
    return size() > MOST;
  }
}
