package redisproxy.consistency;

import java.util.ArrayList;
import java.util.List;

/** What all sessions have asked and were told. Any thread. */
final class Recorder {
  private final List<Operation> operations = new ArrayList<>();
  private int sessions;
  private long errors;

  synchronized int nextSession() {
    return ++sessions;
  }

  /** Adds what has become of requests that were sent at once, in their order. */
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
