package redisproxy.consistency;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.Lock;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;
import redisproxy.probe.Protocol;
import redisproxy.probe.Subject;

/** Asks one thing after the other over connections of its own until told to end. A thread. */
final class Session implements Runnable {
  /** Of the connections past the proxy, so that they are not killed with its own. */
  static final String NAME = "consistency";

  private static final int TIMEOUT_MS = 4_000;
  private static final int REST_MS = 50;
  private static final int LONGEST = 400;

  private final Subject subject;
  private final Recorder recorder;
  private final Door door;
  private final Random random;
  private final Pace pace;
  private final Lock asking;
  private volatile boolean over;

  /**
   * A session, not yet started.
   *
   * @param random what it asks is drawn from this
   * @param perSecond how often it asks
   * @param asking held while it does
   */
  Session(
      Subject subject, Recorder recorder, Door door, Random random, double perSecond, Lock asking) {
    this.subject = subject;
    this.recorder = recorder;
    this.door = door;
    this.random = random;
    this.pace = new Pace(perSecond);
    this.asking = asking;
  }

  void end() {
    over = true;
  }

  @Override
  public void run() {
    while (!over) {
      try {
        if (door == Door.HTTP) {
          askHttp();
        } else {
          askResp();
        }
      } catch (IOException e) {
        recorder.error();
        Pace.rest(REST_MS);
      }
    }
  }

  private interface Turn {
    void take() throws IOException;
  }

  private void turn(Turn turn) throws IOException {
    pace.await();
    asking.lock();
    try {
      turn.take();
    } finally {
      asking.unlock();
    }
  }

  private void askResp() throws IOException {
    int session = recorder.nextSession();
    int kind = random.nextInt(4);
    int db = random.nextInt(5) == 0 ? 1 : 0;
    boolean isResp3 = random.nextInt(3) == 0;
    Requests requests = new Requests(random, "s" + session, db);
    try (Connection connection =
        new Connection(
            door == Door.RESP ? subject.proxy(Protocol.RESP) : subject.redis(), TIMEOUT_MS)) {
      if (door == Door.STRAIGHT) {
        connection.call("CLIENT", "SETNAME", NAME);
      }
      if (isResp3) {
        connection.call("HELLO", "3");
      }
      if (db > 0) {
        connection.call("SELECT", "" + db);
      }
      for (int left = 1 + random.nextInt(LONGEST); left > 0 && !over; left--) {
        List<List<Step>> next = requests.next(kind);
        turn(
            () -> {
              for (List<Step> steps : next) {
                Step.play(steps, connection, session, door, recorder);
              }
            });
      }
    }
  }

  private void askHttp() throws IOException {
    int session = recorder.nextSession();
    Requests requests = new Requests(random, "h" + session, 0);
    Map<String, Connection.Response> seen = new HashMap<>();
    try (Connection connection = new Connection(subject.proxy(Protocol.HTTP), TIMEOUT_MS)) {
      for (int left = 1 + random.nextInt(LONGEST); left > 0 && !over; left--) {
        String key = requests.key();
        int how = random.nextInt(3);
        turn(() -> askHttp(connection, session, key, how, seen));
      }
    }
  }

  private void askHttp(
      Connection connection,
      int session,
      String key,
      int how,
      Map<String, Connection.Response> seen)
      throws IOException {
    String name = key.substring(2);
    String path = how == 1 ? "/lookup?key=" + name : "/keys/" + name;
    Connection.Response before = how == 2 ? seen.get(key) : null;
    String[] headers =
        before == null ? new String[0] : new String[] {"If-None-Match: " + before.etag()};
    long invoked = System.nanoTime();
    Connection.Response response = connection.http(path, headers);
    long completed = System.nanoTime();
    String value =
        switch (response.status()) {
          case 200 ->
              how == 1 ? new JsonObject(response.body()).getString("value") : response.body();
          case 304 -> before.body();
          default -> null;
        };
    if (response.status() == 200 && how != 1) {
      seen.put(key, response);
    }
    if (response.status() > 404) {
      recorder.error();
      return;
    }
    Operation.Outcome done = Operation.Outcome.DONE;
    recorder.add(
        List.of(
            new Operation(
                session,
                door,
                "GET " + path + (before == null ? "" : " if changed"),
                Part.read(key),
                value,
                invoked,
                completed,
                done,
                false)));
  }
}
