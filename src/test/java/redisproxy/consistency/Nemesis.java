package redisproxy.consistency;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import redisproxy.probe.Pace;

/** Failures, and large changes, that strike while sessions send requests. */
enum Nemesis {
  FEED_KILLED {
    @Override
    void strike(Trial trial, int strength) throws IOException {
      trial.kill(client -> client.contains(" name=redis-proxy-feed "));
    }
  },
  /**
   * Keys are written past the proxy while the feed is lost. No session sends a request until the
   * feed is back: a read would make the proxy drop its key, and a script would make it drop
   * everything.
   */
  UNTOLD {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.undisturbed(
          () -> {
            FEED_KILLED.strike(trial, strength);
            List<String> request = new ArrayList<>(List.of("MSET"));
            for (String name : Requests.RARE) {
              request.addAll(List.of(name, "untold-" + System.nanoTime()));
            }
            trial.write(false, request.toArray(String[]::new));
            Pace.rest(FEED_BACK_MS);
            trial.subject().awaitReady();
          });
    }
  },
  /** All connections of the proxy to Redis are killed, also dedicated ones. */
  CONNECTIONS_KILLED {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.outOfReach(() -> trial.kill(client -> !client.contains(" name=" + Session.NAME + " ")));
    }
  },
  /** Invalidations arrive late. Everything else works. */
  FEED_DELAYED {
    @Override
    void strike(Trial trial, int strength) throws IOException {
      trial.subject().relay().hold(trial.feedPort());
      Pace.rest(15L * strength);
      trial.subject().relay().pass();
    }
  },
  BLACK_HOLE {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.outOfReach(
          () -> {
            trial.subject().relay().stall();
            Pace.rest(15L * strength);
            trial.subject().relay().drop();
          });
    }
  },
  CONNECTIONS_CUT {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.outOfReach(() -> trial.subject().relay().drop());
    }
  },
  /** Redis is frozen. Its connections stay open. */
  PAUSED {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.outOfReach(
          () -> {
            trial.subject().ownRedis().pause();
            Pace.rest(15L * strength);
            trial.subject().ownRedis().resume();
          });
    }
  },
  /** CLIENT PAUSE: for a while Redis answers no client, or no writes. */
  CLIENTS_PAUSED {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      String what = strength % 2 == 0 ? "ALL" : "WRITE";
      trial.outOfReach(
          () -> {
            trial.straight("CLIENT", "PAUSE", "" + 10 * strength, what);
            Pace.rest(10L * strength);
          });
    }
  },
  DATA_LOST {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.outOfReach(() -> trial.loseData(strength % 2 == 0));
    }
  },
  PROXY_RESTARTED {
    @Override
    void strike(Trial trial, int strength) throws IOException, InterruptedException {
      trial.subject().restartProxy(strength % 2 == 0);
      trial.subject().awaitReady();
    }
  },
  FLUSHED {
    @Override
    void strike(Trial trial, int strength) throws IOException {
      trial.write(strength % 2 == 0, strength % 3 == 0 ? "FLUSHDB" : "FLUSHALL");
    }
  },
  /** SWAPDB through the proxy. Past the proxy, Redis would send no invalidation for it. */
  SWAPPED {
    @Override
    void strike(Trial trial, int strength) throws IOException {
      trial.write(true, "SWAPDB", "0", "1");
    }
  },
  RENAMED {
    @Override
    void strike(Trial trial, int strength) throws IOException {
      // A string in half of the strikes.
      List<String> names =
          strength % 2 == 0
              ? Requests.HOT
              : Structure.values()[strength / 2 % Structure.EXPIRING_HASH.ordinal()].names();
      int count = names.size();
      String from = names.get(strength / 10 % count);
      String to = names.get((strength / 10 + 1) % count);
      for (int i = 0; i < 10; i++) {
        trial.write(i % 2 == 0, "RENAME", from, to);
        Pace.rest(10);
      }
    }
  },
  SETTINGS_CHANGED {
    @Override
    void strike(Trial trial, int strength) throws IOException {
      trial.changeSettings(strength);
    }
  };

  private static final long FEED_BACK_MS = 300;

  /**
   * Strikes, and returns when it is over.
   *
   * @param strength a random number from 0 to 99
   */
  abstract void strike(Trial trial, int strength) throws IOException, InterruptedException;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
