package redisproxy.probe;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.Locale;

/** What happens while keys are written and read. */
enum Scenario {
  CALM {
    @Override
    void disturb(Run run) {}
  },
  /** The proxy's feed connection is killed again and again. Redis stays reachable. */
  FEED_KILLED {
    @Override
    void disturb(Run run) throws IOException {
      int killed = 0;
      for (int time = 0; time < KILLS; time++) {
        killed += killFeeds(run);
        Pace.rest(run.options.duration().toMillis() / 2 / KILLS);
      }
      System.out.println("  feed connections killed: " + killed);
    }
  },
  /** Redis is frozen. Its connections stay open. */
  PAUSED {
    @Override
    void disturb(Run run) throws InterruptedException {
      run.outage.begin();
      run.subject.ownRedis().pause();
      Pace.rest(run.options.outage().toMillis());
      run.subject.ownRedis().resume();
      recover(run);
    }
  },
  /** Redis saves its data, ends, and starts again with the data. */
  RESTARTED {
    @Override
    void disturb(Run run) throws IOException, InterruptedException {
      run.outage.begin();
      try (Connection connection = new Connection(run.subject.redis(), TIMEOUT_MS)) {
        connection.call("SHUTDOWN", "SAVE");
      } catch (EOFException | SocketException gone) {
        // Expected: Redis has ended.
      }
      Pace.rest(run.options.outage().toMillis());
      run.subject.ownRedis().restart();
      recover(run);
    }
  },
  /** Redis crashes, and starts again empty. */
  DATA_LOST {
    @Override
    void disturb(Run run) throws InterruptedException {
      run.outage.begin();
      run.subject.ownRedis().stop();
      Pace.rest(run.options.outage().toMillis());
      run.writing.writeLock().lock();
      try {
        run.keys.beforeLoss();
        run.subject.ownRedis().restart();
        run.keys.afterLoss(System.nanoTime());
      } finally {
        run.writing.writeLock().unlock();
      }
      recover(run);
    }
  },
  /** The proxy's connections to Redis pass nothing on, and then close. Redis itself works. */
  BLACK_HOLE {
    @Override
    void disturb(Run run) throws InterruptedException {
      run.outage.begin();
      run.subject.relay().stall();
      Pace.rest(run.options.outage().toMillis());
      run.subject.relay().drop();
      recover(run);
    }
  };

  private static final int KILLS = 5;
  private static final int TIMEOUT_MS = 5_000;

  /** The wait before the proxy is asked, so that it can notice that its connections are closed. */
  private static final int NOTICE_MS = 100;

  /** The name that the proxy gives its feed connection. */
  private static final String FEED = "redis-proxy-feed";

  /** Called once, in the middle of the run. May take any time. */
  abstract void disturb(Run run) throws IOException, InterruptedException;

  /** Whether the probe must have started Redis and the proxy itself. */
  boolean needsOwn() {
    return this != CALM && this != FEED_KILLED;
  }

  private static void recover(Run run) throws InterruptedException {
    Pace.rest(NOTICE_MS);
    run.subject.awaitReady();
    run.outage.end();
  }

  private static int killFeeds(Run run) throws IOException {
    int killed = 0;
    try (Connection connection = new Connection(run.subject.redis(), TIMEOUT_MS)) {
      for (String client : connection.call("CLIENT", "LIST").split("\n")) {
        if (client.contains(" name=" + FEED + " ")) {
          connection.call("CLIENT", "KILL", "ID", client.replaceAll("^id=(\\d+) .*\\s*", "$1"));
          killed++;
        }
      }
    }
    return killed;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
