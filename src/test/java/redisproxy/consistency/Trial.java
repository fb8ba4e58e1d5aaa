package redisproxy.consistency;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;
import redisproxy.probe.Protocol;
import redisproxy.probe.Subject;

/**
 * One Redis, one proxy, some sessions, and the nemeses that strike them. One seed decides them all.
 */
final class Trial implements AutoCloseable {
  private static final int TIMEOUT_MS = 4_000;
  private static final int END_MS = 20_000;
  private static final int HEARTBEAT_MS = 500;

  /**
   * The proxy needs two heartbeats to notice that Redis sends no invalidations. The rest is for a
   * slow machine.
   */
  private static final int LATE_MS = 2 * HEARTBEAT_MS + 2_000;

  private final Random random;
  private final Path folder;
  private final Path file;
  private final Path proxyLog;
  private final List<Strike> strikes;
  private final long durationMs;
  private final Subject subject;
  private final RedisLog log;
  private final boolean hasFieldExpiry;

  /** Whether Redis's log is complete although CLIENT PAUSE delays commands. */
  private final boolean mayPause;

  private final Recorder recorder = new Recorder();

  /** Sessions send requests under the read lock. While the write lock is held, no session does. */
  private final ReadWriteLock sending = new ReentrantReadWriteLock(true);

  private final List<long[]> outages = new ArrayList<>();
  private final Map<String, Integer> times = new HashMap<>();
  private final List<Fault> faults = new ArrayList<>();
  private String summary = "";
  private volatile Throwable broken;

  Trial(long seed, long durationMs, Set<Nemesis> nemeses, Path folder)
      throws IOException, InterruptedException {
    this.random = new Random(seed);
    this.durationMs = durationMs;
    this.folder = folder;
    this.file = folder.resolve("settings.yaml");
    this.proxyLog = folder.resolve("proxy-" + seed + ".log");
    List<Strike> drawn = Strike.draw(random, durationMs, nemeses);
    Files.createDirectories(folder);
    changeSettings(random.nextInt(100));
    subject = Subject.start(proxyLog, true, settings(), "--config", "" + file);
    log = new RedisLog(subject.redis());
    mayPause = log.showsDelayed();
    strikes =
        drawn.stream()
            .filter(strike -> mayPause || strike.nemesis() != Nemesis.CLIENTS_PAUSED)
            .toList();
    try (Connection redis = straight()) {
      redis.send(Connection.request("COMMAND", "INFO", "hpexpire"));
      hasFieldExpiry = redis.whole().toString().contains("hpexpire");
    }
  }

  private Map<String, String> settings() {
    boolean isSpread = random.nextBoolean();
    Map<String, String> settings = new HashMap<>();
    settings.put("JAVA_OPTS", "-Xmx128m -Dio.netty.leakDetection.level=paranoid");
    settings.put("EVENT_LOOPS", isSpread ? "4" : "1");
    settings.put("RESP_INSTANCES", isSpread ? "3" : "1");
    settings.put("HTTP_INSTANCES", isSpread ? "2" : "1");
    settings.put("CACHE_MAX_VALUE_BYTES", "2KiB");
    settings.put("COHERENCE_HEARTBEAT", HEARTBEAT_MS + "ms");
    settings.put("REDIS_LOAD_TIMEOUT", "1s");
    settings.put("REDIS_CONNECT_TIMEOUT", "3s");
    settings.put("REDIS_BACKOFF_MAX", "200ms");
    return settings;
  }

  /** Writes the file with the settings that may change while the proxy runs. */
  void changeSettings(int which) throws IOException {
    String text =
        """
        cache:
          capacity: %d
          expiry: %s
          missing-expiry: %s
          refresh-ahead: %s
        coherence:
          when-unverified: %s
        """
            .formatted(
                which % 2 == 0 ? 10 : 1_000,
                which % 3 == 0 ? "1s" : "60s",
                which % 5 < 3 ? "5s" : "0",
                which % 7 < 3 ? "500ms" : "0",
                which % 4 == 0 ? "bypass" : "serve");
    Path made = Files.writeString(folder.resolve("settings.made"), text);
    Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
  }

  Subject subject() {
    return subject;
  }

  /** Runs the sessions and the nemeses, and returns the faults. */
  List<Fault> run(int sessions, double perSecond) throws IOException, InterruptedException {
    Map<Session, Thread> running = new HashMap<>();
    for (int i = 0; i < sessions; i++) {
      Channel channel = i % 4 == 0 ? Channel.HTTP : i % 4 == 1 ? Channel.STRAIGHT : Channel.RESP;
      Random own = new Random(random.nextLong());
      Session session =
          new Session(
              subject,
              recorder,
              channel,
              own,
              perSecond / sessions,
              sending.readLock(),
              hasFieldExpiry);
      Thread thread = new Thread(session, "session");
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler((each, fault) -> broken = fault);
      running.put(session, thread);
    }
    running.values().forEach(Thread::start);
    strike();
    running.keySet().forEach(Session::end);
    for (Thread thread : running.values()) {
      thread.join(END_MS);
      if (thread.isAlive()) {
        throw new IllegalStateException("a session does not stop");
      }
    }
    if (broken != null) {
      throw new IllegalStateException("a session has failed", broken);
    }
    check();
    return faults;
  }

  private void strike() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    for (Strike strike : strikes) {
      restUntil(begin, strike.afterMs());
      strike.nemesis().strike(this, strike.strength());
    }
    restUntil(begin, durationMs);
  }

  private static void restUntil(long begin, long afterMs) {
    Pace.rest(Math.max(0, afterMs - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)));
  }

  // Methods for nemeses.

  /** Something that makes Redis unreachable for the proxy. */
  interface Disturbance {
    void happen() throws IOException, InterruptedException;
  }

  /**
   * Runs a disturbance and waits until the proxy is ready again. Reads in this time count as
   * unverified.
   */
  void outOfReach(Disturbance disturbance) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    long[] outage = {begin, Long.MAX_VALUE};
    outages.add(outage);
    disturbance.happen();
    Pace.rest(2 * HEARTBEAT_MS);
    subject.awaitReady();
    outage[1] = System.nanoTime();
  }

  void kill(Predicate<String> which) throws IOException {
    try (Connection redis = straight()) {
      for (String client : redis.call("CLIENT", "LIST").split("\n")) {
        if (which.test(client)) {
          killOne(redis, client);
        }
      }
    }
  }

  private static void killOne(Connection redis, String client) throws IOException {
    try {
      redis.call("CLIENT", "KILL", "ID", client.replaceAll("^id=(\\d+) .*\\s*", "$1"));
    } catch (Connection.ErrorReply gone) {
      // It is already closed.
    }
  }

  /**
   * The port from which the relay connects to Redis for the proxy's feed; 0 if there is no feed
   * now.
   */
  int feedPort() throws IOException {
    try (Connection redis = straight()) {
      for (String client : redis.call("CLIENT", "LIST").split("\n")) {
        if (client.contains(" name=redis-proxy-feed ")) {
          return Integer.parseInt(client.replaceAll(".* addr=[^ ]*:(\\d+) .*\\s*", "$1"));
        }
      }
    }
    return 0;
  }

  private Connection straight() throws IOException {
    Connection redis = new Connection(subject.redis(), TIMEOUT_MS);
    redis.call("CLIENT", "SETNAME", Session.NAME);
    return redis;
  }

  void straight(String... request) throws IOException {
    try (Connection redis = straight()) {
      redis.call(request);
    }
  }

  /** Writes keys of all sessions, with a request that no session sends. */
  void write(boolean through, String... request) throws IOException {
    String text = String.join(" ", request);
    Part part = new Part(null, null, text + "#" + times.merge(text, 1, Integer::sum), 0);
    Step step = new Step(text, Connection.request(request), 1, List.of(part), false, false);
    try (Connection connection =
        through ? new Connection(subject.proxy(Protocol.RESP), TIMEOUT_MS) : straight()) {
      Channel channel = through ? Channel.RESP : Channel.STRAIGHT;
      Step.play(List.of(step), connection, recorder.nextSession(), channel, recorder);
    } catch (IOException e) {
      recorder.error();
    }
  }

  /** Runs a disturbance while no session sends requests. */
  void undisturbed(Disturbance disturbance) throws IOException, InterruptedException {
    sending.writeLock().lock();
    try {
      disturbance.happen();
    } finally {
      sending.writeLock().unlock();
    }
  }

  /**
   * Redis crashes and starts again empty. No request reaches it before this trial listens to its
   * log.
   *
   * @param atOnce whether Redis crashes while sessions wait for replies
   */
  void loseData(boolean atOnce) throws IOException, InterruptedException {
    if (atOnce) {
      subject.ownRedis().stop();
    }
    undisturbed(
        () -> {
          subject.relay().stall();
          subject.ownRedis().stop();
          log.lost();
          subject.ownRedis().restart();
          log.attach();
          subject.relay().drop();
        });
  }

  // The end of the trial.

  private void check() throws IOException, InterruptedException {
    subject.awaitReady();
    Map<String, Map<Channel, List<String>>> read = new FinalReads(subject).read();
    List<Operation> operations = recorder.operations();
    VersionHistory history = new VersionHistory(log.whole(), operations);
    Checker checker = new Checker(history, LATE_MS, this::isUnverified);
    faults.addAll(checker.check(operations));
    read.forEach(
        (key, channels) ->
            channels.forEach(
                (channel, values) ->
                    values.forEach(
                        value ->
                            checker.inTheEnd(
                                key, channel, value, channels.get(Channel.STRAIGHT).get(0)))));
    for (String line : Files.readAllLines(proxyLog)) {
      if (line.contains("LEAK: ")) {
        faults.add(new Fault(Fault.Kind.LEAK, null, System.nanoTime(), line));
      }
    }
    String fields = hasFieldExpiry ? "" : "; this server has no HPEXPIRE, only keys expired";
    String pauses =
        mayPause ? "" : "; its log does not show what CLIENT PAUSE delays, so no client was paused";
    summary = recorder + "; " + checker.summary() + fields + pauses;
  }

  /** Writes a report of the faults, with what happened around each. */
  Path writeReport(long seed, List<Fault> found) throws IOException {
    String head = "SEED=" + seed + "\n" + strikes + "\n" + Files.readString(file) + summary + "\n";
    String story = new FaultReport(recorder.operations(), log.whole()).describe(found);
    return Files.writeString(folder.resolve("faults-" + seed + ".txt"), head + story);
  }

  private boolean isUnverified(long from, long to) {
    return outages.stream().anyMatch(outage -> outage[1] >= from && outage[0] <= to);
  }

  String summary() {
    return summary;
  }

  List<Strike> strikes() {
    return strikes;
  }

  @Override
  public void close() throws IOException {
    log.close();
    subject.close();
  }
}
