package redisproxy.consistency;

import java.util.ArrayList;
import java.util.List;

/** Records the requests and replies of all sessions. Thread-safe. */
final class Recorder {
  private final List<Operation> operations = new ArrayList<>();
  private int sessions;
  private long errors;

  synchronized int nextSession() {
    return ++sessions;
  }

  /** Adds the results of requests that were sent at once, in their order. */
  synchronized void add(List<Operation> more) {
    operations.addAll(more);
  }

  synchronized void error() {
    errors++;
  }

  synchronized List<Operation> operations() {
    return List.copyOf(operations);
  }

  @Override
  public synchronized String toString() {
    return "%d operations of %d sessions, %d errors".formatted(operations.size(), sessions, errors);
  }
}
