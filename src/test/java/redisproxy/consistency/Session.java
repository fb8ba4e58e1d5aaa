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

/**
 * Sends one request after the other over its own connections until it is ended. Runs in its own
 * thread.
 */
final class Session implements Runnable {
  /**
   * The name of connections past the proxy, so that they are not killed with the proxy's
   * connections.
   */
  static final String NAME = "consistency";

  private static final int TIMEOUT_MS = 4_000;
  private static final int REST_MS = 50;
  private static final int LONGEST = 400;

  private final Subject subject;
  private final Recorder recorder;
  private final Channel channel;
  private final Random random;
  private final Pace pace;
  private final Lock sending;
  private final boolean hasFieldExpiry;
  private volatile boolean over;

  /**
   * Creates a session that is not yet started.
   *
   * @param random the source of its requests
   * @param perSecond how often it sends requests
   * @param sending held while it sends requests and waits for the replies
   * @param hasFieldExpiry whether the server knows HPEXPIRE
   */
  Session(
      Subject subject,
      Recorder recorder,
      Channel channel,
      Random random,
      double perSecond,
      Lock sending,
      boolean hasFieldExpiry) {
    this.hasFieldExpiry = hasFieldExpiry;
    this.subject = subject;
    this.recorder = recorder;
    this.channel = channel;
    this.random = random;
    this.pace = new Pace(perSecond);
    this.sending = sending;
  }

  void end() {
    over = true;
  }

  @Override
  public void run() {
    while (!over) {
      try {
        if (channel == Channel.HTTP) {
          sendHttp();
        } else {
          sendResp();
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
    sending.lock();
    try {
      turn.take();
    } finally {
      sending.unlock();
    }
  }

  private void sendResp() throws IOException {
    int session = recorder.nextSession();
    int kind = random.nextInt(4);
    int db = random.nextInt(5) == 0 ? 1 : 0;
    boolean isResp3 = random.nextInt(3) == 0;
    Requests requests = new Requests(random, "s" + session, db, hasFieldExpiry);
    try (Connection connection =
        new Connection(
            channel == Channel.RESP ? subject.proxy(Protocol.RESP) : subject.redis(), TIMEOUT_MS)) {
      if (channel == Channel.STRAIGHT) {
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
                Step.play(steps, connection, session, channel, recorder);
              }
            });
      }
    }
  }

  private void sendHttp() throws IOException {
    int session = recorder.nextSession();
    Requests requests = new Requests(random, "h" + session, 0, hasFieldExpiry);
    Map<String, Connection.Response> seen = new HashMap<>();
    try (Connection connection = new Connection(subject.proxy(Protocol.HTTP), TIMEOUT_MS)) {
      for (int left = 1 + random.nextInt(LONGEST); left > 0 && !over; left--) {
        String key = requests.key();
        int how = random.nextInt(3);
        turn(() -> sendHttp(connection, session, key, how, seen));
      }
    }
  }

  private void sendHttp(
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
                channel,
                "GET " + path + (before == null ? "" : " if changed"),
                Part.read(key),
                value,
                invoked,
                completed,
                done,
                false)));
  }
}
