package redisproxy.probe;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import redisproxy.probe.Origin.Way;

/**
 * Writes keys that no other writer writes, at random straight to Redis or through the proxy, until
 * the run is over. Sometimes it also reads its last write back through the proxy.
 */
final class Writer implements Runnable {
  private static final double HOT_SHARE = 0.5;
  private static final double READ_BACK_SHARE = 0.25;
  private static final int TIMEOUT_MS = 1_000;
  private static final int REST_MS = 200;

  /** The commands of one send. An entry that is listed more often is sent more often. */
  private static final List<List<Command>> WRITES =
      List.of(
          List.of(Command.SET),
          List.of(Command.SET),
          List.of(Command.SET),
          List.of(Command.EVAL_DECLARED),
          List.of(Command.EVAL_UNDECLARED),
          List.of(Command.TRANSACTION),
          List.of(Command.DELETE),
          List.of(Command.DELETE, Command.SET));

  private final Run run;
  private final int number;
  private final List<List<Command>> writes;
  private final Line straight = new Line(Way.STRAIGHT);
  private final Line through = new Line(Way.THROUGH);

  Writer(Run run, int number) {
    this.run = run;
    this.number = number;
    writes = WRITES.stream().filter(run.options.commands()::containsAll).toList();
  }

  @Override
  public void run() {
    Pace pace = new Pace((double) run.options.rate() / run.options.writers());
    try (straight;
        through) {
      while (!run.isOver()) {
        pace.await();
        run.writing.readLock().lock();
        try {
          turn();
        } finally {
          run.writing.readLock().unlock();
        }
      }
    }
  }

  private void turn() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    int key = ownKey();
    Line line = random.nextBoolean() ? straight : through;
    // If one way is down, use the other.
    Line usable = line.isUsable() ? line : line == straight ? through : straight;
    if (!run.keys.history(key).isRetired() && usable.isUsable()) {
      int version = usable.write(key, writes.get(random.nextInt(writes.size())));
      if (version > 0 && usable == through && random.nextDouble() < READ_BACK_SHARE) {
        through.readBack(key, version);
      }
    }
  }

  private int ownKey() {
    int writers = run.options.writers();
    int key = run.keys.any(HOT_SHARE);
    int own = key - key % writers + number;
    return own < run.keys.count() ? own : number;
  }

  /** One of the two ways to write, and its connection. */
  private final class Line implements AutoCloseable {
    private final Way way;
    private Connection connection;
    private long restsUntil = System.nanoTime();

    Line(Way way) {
      this.way = way;
    }

    /** Whether it is connected to a Redis that answers. Tries again after a rest. */
    boolean isUsable() {
      if (connection == null && System.nanoTime() - restsUntil > 0) {
        try {
          connection =
              new Connection(
                  way == Way.STRAIGHT ? run.subject.redis() : run.subject.proxy(Protocol.RESP),
                  TIMEOUT_MS);
          // The proxy forwards TIME, because only Redis knows the answer.
          connection.call("TIME");
        } catch (IOException e) {
          rest();
        }
      }
      return connection != null;
    }

    /**
     * Sends all commands at once, each with its own version. Returns the last version, or 0 without
     * a reply.
     */
    int write(int key, List<Command> commands) {
      History history = run.keys.history(key);
      KeyType type = KeyType.of(key);
      StringBuilder requests = new StringBuilder();
      int[] replies = new int[commands.size()];
      int[] versions = new int[commands.size()];
      for (int i = 0; i < versions.length; i++) {
        versions[i] = history.issue(commands.get(i).leavesMissing());
        Command.Sent sent =
            commands.get(i).request(type, run.keys.name(key), Keys.value(key, versions[i]));
        requests.append(sent.text());
        replies[i] = sent.replies();
      }
      try {
        connection.send(requests.toString());
        for (int i = 0; i < versions.length; i++) {
          awaitReplies(replies[i]);
          history.acknowledge(
              versions[i], new Origin(way, commands.get(i).toString()), System.nanoTime());
          run.findings.written(way);
        }
        return versions[versions.length - 1];
      } catch (IOException e) {
        history.retire();
        run.findings.gotNoReply();
        rest();
        return 0;
      }
    }

    void readBack(int key, int version) {
      try {
        run.read(Protocol.RESP, connection, key, version);
      } catch (IOException e) {
        run.findings.error();
        rest();
      }
    }

    private void awaitReplies(int count) throws IOException {
      for (int reply = 0; reply < count; reply++) {
        connection.reply();
      }
    }

    private void rest() {
      close();
      connection = null;
      restsUntil = System.nanoTime() + REST_MS * 1_000_000L;
    }

    @Override
    public void close() {
      if (connection != null) {
        connection.close();
      }
    }
  }
}
