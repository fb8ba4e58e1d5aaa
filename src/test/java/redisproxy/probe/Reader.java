package redisproxy.probe;

import java.io.IOException;

/** Reads keys through the proxy, mostly hot ones, one at a time, until the run is over. */
final class Reader implements Runnable {
  private static final double HOT_SHARE = 0.8;
  private static final int TIMEOUT_MS = 5_000;
  private static final int REST_MS = 20;

  private final Run run;
  private final Protocol protocol;

  Reader(Run run, Protocol protocol) {
    this.run = run;
    this.protocol = protocol;
  }

  @Override
  public void run() {
    Pace pace = new Pace((double) run.options.reads() / run.options.readers());
    while (!run.isOver()) {
      try (Connection connection = new Connection(run.subject.proxy(protocol), TIMEOUT_MS)) {
        int[] floors = new int[run.keys.count()];
        while (!run.isOver()) {
          pace.await();
          read(connection, floors);
        }
      } catch (IOException e) {
        run.findings.error();
        Pace.rest(REST_MS);
      }
    }
  }

  private void read(Connection connection, int[] floors) throws IOException {
    int any = run.keys.any(HOT_SHARE);
    // Only strings can be read over HTTP.
    int key = protocol == Protocol.HTTP ? KeyType.STRING.nearest(any) : any;
    try {
      floors[key] = Math.max(floors[key], run.read(protocol, connection, key, floors[key]));
    } catch (Connection.ErrorReply e) {
      run.findings.error();
    }
  }
}
