package redisproxy.consistency;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;

/**
 * All that Redis does, in its order: what MONITOR tells and, over the same connection, which keys
 * have expired. One of its threads reads; any may ask.
 */
final class RedisLog implements AutoCloseable {
  private static final int NO_TIMEOUT = 0;
  private static final int TIMEOUT_MS = 5_000;
  private static final long SEEN_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** From the time of day, in nanoseconds. */
  private final long offset = System.nanoTime() - System.currentTimeMillis() * 1_000_000;

  private final InetSocketAddress redis;
  private final List<Done> done = new ArrayList<>();
  private Connection connection;
  private Thread thread;
  private String seen = "";
  private int marks;

  RedisLog(InetSocketAddress redis) throws IOException {
    this.redis = redis;
    attach();
  }

  /** Begins to listen; nobody may be writing. */
  void attach() throws IOException {
    try (Connection settings = new Connection(redis, TIMEOUT_MS)) {
      settings.call("CONFIG", "SET", "notify-keyspace-events", "Ex");
    }
    connection = new Connection(redis, NO_TIMEOUT);
    connection.call("HELLO", "3");
    connection.call("CLIENT", "SETNAME", Session.NAME);
    connection.call("PSUBSCRIBE", "__keyevent@*__:expired");
    connection.call("MONITOR");
    thread = new Thread(this::read, "log");
    thread.setDaemon(true);
    thread.start();
  }

  private void read() {
    try {
      while (true) {
        Object told = connection.whole();
        add(told);
      }
    } catch (IOException e) {
      // Redis has ended, or this has
    }
  }

  private synchronized void add(Object told) {
    if (told instanceof List<?> event) {
      String channel = (String) event.get(2);
      int db = Integer.parseInt(channel.replaceAll("\\D", ""));
      long at = done.isEmpty() ? offset : done.get(done.size() - 1).at();
      done.add(new Done(at, db, List.of(Done.EXPIRED, (String) event.get(3))));
      return;
    }
    Done next = Done.parse((String) told, offset);
    if (next.name().equals("echo")) {
      seen = next.words().get(1);
    } else {
      done.add(next);
    }
  }

  /** Redis has crashed with all it held. Returns when everything it had told is here. */
  void lost() throws InterruptedException {
    thread.join();
    synchronized (this) {
      done.add(new Done(System.nanoTime(), 0, List.of(Done.LOST)));
    }
  }

  /** All that Redis has done until now. */
  List<Done> whole() throws IOException {
    String mark = "mark-" + ++marks;
    try (Connection other = new Connection(redis, TIMEOUT_MS)) {
      other.call("ECHO", mark);
    }
    long deadline = System.nanoTime() + SEEN_NANOS;
    while (!hasSeen(mark)) {
      if (System.nanoTime() > deadline) {
        throw new IOException("MONITOR does not tell what Redis does");
      }
      Pace.rest(5);
    }
    synchronized (this) {
      return List.copyOf(done);
    }
  }

  private synchronized boolean hasSeen(String mark) {
    return seen.equals(mark);
  }

  @Override
  public void close() {
    connection.close();
  }
}
