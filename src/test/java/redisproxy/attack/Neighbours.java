package redisproxy.attack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Well-behaved clients of both protocols. Each reads a key, waits a little, and reads the next. */
final class Neighbours implements AutoCloseable {
  private static final int OF_EACH = 3;
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int MOST = 1_000_000;

  private final Target target;
  private final List<Thread> threads = new ArrayList<>();
  private final Latencies resp = new Latencies();
  private final Latencies http = new Latencies();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean over;

  Neighbours(Target target) {
    this.target = target;
    for (int i = 0; i < OF_EACH; i++) {
      threads.add(start(Port.RESP, resp));
      threads.add(start(Port.HTTP, http));
    }
  }

  /** Durations, in nanoseconds. */
  static final class Latencies {
    private final long[] nanos = new long[MOST];
    private int count;

    synchronized void add(long duration) {
      nanos[count++ % MOST] = duration;
    }

    /** Returns the 99th percentile so far, in milliseconds, and starts again. */
    synchronized double takeP99() {
      int held = Math.min(count, MOST);
      Arrays.sort(nanos, 0, held);
      count = 0;
      return held == 0 ? Double.NaN : nanos[(int) (held * 0.99)] / 1e6;
    }
  }

  private Thread start(Port port, Latencies latencies) {
    Thread thread = new Thread(() -> read(port, latencies), "neighbour-" + port);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void read(Port port, Latencies latencies) {
    while (!over) {
      try (Wire wire = target.open(port)) {
        for (int i = 0; !over; i++) {
          long begun = System.nanoTime();
          get(wire, port, "near:" + i % Target.NEAR);
          latencies.add(System.nanoTime() - begun);
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (IOException e) {
        failures.incrementAndGet();
        LockSupport.parkNanos(20 * PAUSE_NANOS);
      }
    }
  }

  private static void get(Wire wire, Port port, String key) throws IOException {
    if (port == Port.RESP) {
      String head = wire.send(Wire.request("GET", key)).line();
      if (!head.equals("$" + Target.NEAR_BYTES)) {
        throw new IOException(head);
      }
      wire.skip(Target.NEAR_BYTES + 2);
      return;
    }
    String head = wire.send("GET /keys/" + key + " HTTP/1.1\r\nHost: near\r\n\r\n").line();
    if (!head.equals("HTTP/1.1 200 OK")) {
      throw new IOException(head);
    }
    while (!wire.line().isEmpty()) {
      // Skip the headers: all values have the same length.
    }
    wire.skip(Target.NEAR_BYTES);
  }

  /** Returns the 99th percentiles since the last call, over RESP and over HTTP, in milliseconds. */
  double[] takeP99() {
    return new double[] {resp.takeP99(), http.takeP99()};
  }

  /** Returns how often one of them was closed or got a wrong answer since the last call. */
  int takeFailures() {
    return failures.getAndSet(0);
  }

  @Override
  public void close() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join(10_000);
    }
  }
}
