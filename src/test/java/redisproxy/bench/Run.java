package redisproxy.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Runs one workload. It opens connections, warms up, measures, and then waits for the replies in
 * flight. Everything runs on one event loop.
 */
final class Run {
  /** Connection attempts at a time: fewer than any server's backlog. */
  private static final int CONNECTING = 64;

  /** The most batches that a connection has in flight in an open loop. */
  private static final int DEPTH = 1 << 12;

  /** The most due batches that are sent before replies are read again. */
  private static final int SENT_AT_ONCE = 64;

  private static final double NANOS = 1e9;
  private static final long ENDS_WITHIN_SECONDS = 10;

  /** An open loop that is this late at its end was too slow itself. */
  private static final long BEHIND_NS = TimeUnit.SECONDS.toNanos(1);

  private final Workload workload;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final CompletableFuture<Measured> done = new CompletableFuture<>();
  private final Histogram latency = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
  private final List<Client> clients = new ArrayList<>();
  private final Keys keys;
  private final Batch batch;
  private final Replies.Format format;
  private final double interval;

  private int connected;
  private int turn;
  private double due;
  private int inFlight;
  private boolean over;
  private long measuredFrom = Long.MAX_VALUE;
  private long replies;
  private long checked;
  private long measured;
  private double seconds;
  private long cpu;
  private long own;

  Run(Workload workload, EventLoop loop, Bootstrap bootstrap) {
    this.workload = workload;
    this.loop = loop;
    this.bootstrap = bootstrap;
    keys = new Keys(workload);
    batch = workload.requests();
    format = workload.format();
    interval = workload.rate() == 0 ? 0 : NANOS * workload.pipeline() / workload.rate();
  }

  /**
   * Starts the run; call it once. Fails with a {@link WrongReply}, or with the error of a socket.
   */
  CompletableFuture<Measured> start() {
    loop.execute(
        () -> {
          for (int i = 0; i < Math.min(CONNECTING, workload.connections()); i++) {
            connect();
          }
        });
    return done;
  }

  private void connect() {
    if (over || clients.size() == workload.connections()) {
      return;
    }
    Client client = new Client(this, workload.pipeline(), format, isOpen() ? DEPTH : 1);
    clients.add(client);
    bootstrap
        .clone()
        .handler(client)
        .connect("127.0.0.1", workload.port())
        .addListener(
            connecting -> {
              if (!connecting.isSuccess()) {
                fail(connecting.cause());
              } else if (++connected == workload.connections()) {
                begin();
              } else {
                connect();
              }
            });
  }

  private boolean isOpen() {
    return interval > 0;
  }

  private void begin() {
    if (over) {
      return;
    }
    after(workload.once() ? 0 : workload.warmUp(), this::measure);
    due = System.nanoTime();
    if (isOpen()) {
      sendDue();
    } else {
      int active = workload.active() == 0 ? clients.size() : workload.active();
      guarded(() -> clients.subList(0, active).forEach(client -> client.send(System.nanoTime())));
      turn = active;
    }
  }

  private void after(double seconds, Runnable task) {
    loop.schedule(() -> guarded(task), (long) (seconds * NANOS), TimeUnit.NANOSECONDS);
  }

  private void measure() {
    measuredFrom = System.nanoTime();
    replies = 0;
    cpu = CpuTime.of(workload.pid());
    own = ownCpu();
    if (!workload.once()) {
      after(workload.seconds(), this::stop);
    }
  }

  private static long ownCpu() {
    return CpuTime.of(ProcessHandle.current().pid());
  }

  /** Open loop: sends each batch when it is due, without waiting for replies. */
  private void sendDue() {
    guarded(
        () -> {
          long now = System.nanoTime();
          for (int i = 0; i < SENT_AT_ONCE && due <= now && !over; i++) {
            clients.get(turn++ % clients.size()).send((long) due);
            due += interval;
          }
          if (!over) {
            loop.schedule(
                this::sendDue, (long) Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS);
          }
        });
  }

  Batch batch() {
    return batch;
  }

  int nextKey() {
    return keys.next();
  }

  void check(ByteBuf bytes, int key) {
    format.check(bytes, key);
    checked++;
  }

  void sent() {
    inFlight++;
  }

  /** Called when a batch of a client has all its replies. */
  void answered(Client client, long intended) {
    long now = System.nanoTime();
    inFlight--;
    replies += workload.pipeline();
    if (intended >= measuredFrom) {
      latency.recordValue(Math.min(now - intended, latency.getHighestTrackableValue()));
    }
    if (over) {
      endWhenIdle();
    } else if (workload.once() && keys.allAsked()) {
      stop();
    } else if (!isOpen()) {
      next(client).send(now);
    }
  }

  /** The client that sends when this one has its replies. */
  private Client next(Client client) {
    if (workload.active() == 0) {
      return client;
    }
    Client next;
    do {
      next = clients.get(turn++ % clients.size());
    } while (!next.isIdle());
    return next;
  }

  /** Ends the measurement. Of the batches in flight only the latencies still count. */
  private void stop() {
    if (over) {
      return;
    }
    if (isOpen() && System.nanoTime() - due > BEHIND_NS) {
      throw new WrongReply(
          "more than a second late: the generator is slower than the requested rate");
    }
    over = true;
    seconds = (System.nanoTime() - measuredFrom) / NANOS;
    measured = replies;
    cpu = CpuTime.of(workload.pid()) - cpu;
    own = ownCpu() - own;
    after(ENDS_WITHIN_SECONDS, () -> fail(new WrongReply("replies are missing at the end")));
    endWhenIdle();
  }

  private void endWhenIdle() {
    if (inFlight == 0) {
      close();
      done.complete(
          new Measured(
              measured / seconds,
              measured,
              millis(50),
              millis(99),
              millis(99.9),
              latency.getMaxValue() / 1e6,
              (double) cpu / measured,
              (double) own / measured,
              checked));
    }
  }

  private double millis(double percentile) {
    return latency.getValueAtPercentile(percentile) / 1e6;
  }

  private void guarded(Runnable task) {
    if (!done.isDone()) {
      try {
        task.run();
      } catch (RuntimeException e) {
        fail(e);
      }
    }
  }

  void fail(Throwable cause) {
    if (!done.isDone()) {
      over = true;
      done.completeExceptionally(cause);
      close();
    }
  }

  private void close() {
    clients.forEach(Client::close);
    batch.release();
    format.release();
  }
}
