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
  /** The proxy's feed connection is killed, again and again; Redis can be reached all the time. */
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
  /** Redis stands still, its connections open. */
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
  /** Redis saves all it holds, ends, and comes back with it. */
  RESTARTED {
    @Override
    void disturb(Run run) throws IOException, InterruptedException {
      run.outage.begin();
      try (Connection connection = new Connection(run.subject.redis(), TIMEOUT_MS)) {
        connection.call("SHUTDOWN", "SAVE");
      } catch (EOFException | SocketException gone) {
        // as it should be
      }
      Pace.rest(run.options.outage().toMillis());
      run.subject.ownRedis().restart();
      recover(run);
    }
  },
  /** Redis crashes, and comes back empty. */
  DATA_LOST {
    @Override
    void disturb(Run run) throws InterruptedException {
      run.outage.begin();
      run.subject.ownRedis().stop();
      Pace.rest(run.options.outage().toMillis());
      run.writing.writeLock().lock();
      try {
        run.keys.losing();
        run.subject.ownRedis().restart();
        run.keys.lost(System.nanoTime());
      } finally {
        run.writing.writeLock().unlock();
      }
      recover(run);
    }
  },
  /** The proxy's connections swallow all and say nothing, then close; Redis itself is well. */
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

  /** The proxy is not asked sooner: it may not yet have seen that its connections are closed. */
  private static final int NOTICE_MS = 100;

  /** The name the proxy gives its feed connection. */
  private static final String FEED = "redis-proxy-feed";

  /** Called once, in the midst of the run; takes as long as it takes. */
  abstract void disturb(Run run) throws IOException, InterruptedException;

  /** Whether Redis and proxy must be the probe's own. */
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
