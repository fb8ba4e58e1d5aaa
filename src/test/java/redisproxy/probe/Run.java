package redisproxy.probe;

import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The state that the threads of one run share. */
final class Run {
  final Options options;
  final Subject subject;
  final Keys keys;
  final Findings findings = new Findings();
  final Outage outage = new Outage();

  /** Writers write under the read lock. While the write lock is held, nobody writes. */
  final ReadWriteLock writing = new ReentrantReadWriteLock(true);

  private volatile boolean over;

  Run(Options options, Subject subject) {
    this.options = options;
    this.subject = subject;
    keys = new Keys(options.keys(), options.hot());
  }

  boolean isOver() {
    return over;
  }

  void end() {
    over = true;
  }

  /**
   * Reads a key through the proxy and judges the result.
   *
   * @param floor the newest version that this connection has read or written before
   * @return the version read, or MISSING
   */
  int read(Protocol protocol, Connection connection, int key, int floor) throws IOException {
    long sentAt = System.nanoTime();
    KeyType type = KeyType.of(key);
    String name = keys.name(key);
    boolean isHttp = protocol == Protocol.HTTP;
    String[] request = isHttp ? type.readWhole(name) : type.read(ThreadLocalRandom.current(), name);
    String value = isHttp ? protocol.get(connection, name) : type.call(connection, request);
    long receivedAt = System.nanoTime();
    boolean isJudged = !KeyType.UNKNOWN.equals(value);
    Judgement judgement = isJudged ? keys.judge(key, value, sentAt, floor) : Judgement.UNKNOWN;
    boolean inOutage = outage.touches(sentAt, receivedAt);
    String what =
        judgement == Judgement.FRESH
            ? ""
            : protocol + " " + String.join(" ", request) + " -> " + value;
    findings.read(protocol, type, judgement, inOutage, what);
    return isJudged ? Keys.version(key, value) : floor;
  }
}
