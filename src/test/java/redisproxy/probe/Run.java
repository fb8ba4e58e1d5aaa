package redisproxy.probe;

import java.io.IOException;
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
    String value = protocol.get(connection, keys.name(key));
    long receivedAt = System.nanoTime();
    Judgement judgement = keys.judge(key, value, sentAt, floor);
    boolean inOutage = outage.touches(sentAt, receivedAt);
    String what =
        judgement == Judgement.FRESH ? "" : protocol + " " + keys.name(key) + " -> " + value;
    findings.read(protocol, judgement, inOutage, what);
    return Keys.version(key, value);
  }
}
