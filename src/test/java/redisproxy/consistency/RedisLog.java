package redisproxy.consistency;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;

/**
 * The log of everything that Redis executes, in order: the output of MONITOR and, over the same
 * connection, the keys that expire. Its own thread reads the log. Any thread may query it.
 */
final class RedisLog implements AutoCloseable {
  private static final String DELAYED = "delayed";
  private static final int PAUSE_MS = 50;
  private static final int NO_TIMEOUT = 0;
  private static final int TIMEOUT_MS = 5_000;
  private static final long SEEN_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** The difference between {@link System#nanoTime} and the time of day, in nanoseconds. */
  private final long offset = System.nanoTime() - System.currentTimeMillis() * 1_000_000;

  private final InetSocketAddress redis;
  private final List<LogEntry> done = new ArrayList<>();
  private Connection connection;
  private Thread thread;
  private String seen = "";
  private int marks;

  RedisLog(InetSocketAddress redis) throws IOException {
    this.redis = redis;
    attach();
  }

  /** Starts listening. Call it while nobody writes. */
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
      // Redis has ended, or this log was closed.
    }
  }

  private synchronized void add(Object told) {
    if (told instanceof List<?> event) {
      String channel = (String) event.get(2);
      int db = Integer.parseInt(channel.replaceAll("\\D", ""));
      long at = done.isEmpty() ? offset : done.get(done.size() - 1).at();
      done.add(new LogEntry(at, db, List.of(LogEntry.EXPIRED, (String) event.get(3))));
      return;
    }
    LogEntry next = LogEntry.parse((String) told, offset);
    if (next.name().equals("echo")) {
      seen = next.words().get(1);
    } else {
      done.add(next);
    }
  }

  /**
   * Records that Redis has crashed and lost all data. First waits until everything it had sent is
   * read.
   */
  void lost() throws InterruptedException {
    thread.join();
    synchronized (this) {
      done.add(new LogEntry(System.nanoTime(), 0, List.of(LogEntry.LOST)));
    }
  }

  /**
   * Whether the log shows a command that CLIENT PAUSE has delayed. MONITOR of Redis 7.4 does not:
   * it takes the command for one that it has already shown.
   */
  boolean showsDelayed() throws IOException {
    try (Connection other = new Connection(redis, TIMEOUT_MS)) {
      other.call("CLIENT", "PAUSE", "" + PAUSE_MS, "WRITE");
      other.call("SET", DELAYED, "x");
    }
    return whole().stream().anyMatch(done -> done.words().contains(DELAYED));
  }

  /** Returns everything that Redis has executed until now. */
  List<LogEntry> whole() throws IOException {
    String mark = "mark-" + ++marks;
    try (Connection other = new Connection(redis, TIMEOUT_MS)) {
      other.call("ECHO", mark);
    }
    long deadline = System.nanoTime() + SEEN_NANOS;
    while (!hasSeen(mark)) {
      if (System.nanoTime() > deadline) {
        throw new IOException("MONITOR does not show what Redis executes");
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
