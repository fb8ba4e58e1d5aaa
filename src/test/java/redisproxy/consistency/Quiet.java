package redisproxy.consistency;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;
import redisproxy.probe.Protocol;
import redisproxy.probe.Subject;

/** What each door says of each key when nobody writes and all that was written is told. */
final class Quiet {
  private static final int TIMEOUT_MS = 4_000;
  private static final int AGAIN_MS = 100;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Subject subject;
  private final Map<String, Map<Door, List<String>>> read = new HashMap<>();

  private interface Question {
    String ask(Connection connection) throws IOException;
  }

  Quiet(Subject subject) {
    this.subject = subject;
  }

  /** By key and door; each is asked twice, for the cache may answer the second time. */
  Map<String, Map<Door, List<String>>> read() throws IOException {
    ask(Door.RESP, connection -> connection.call("EVAL", "return 'all is told'", "0"));
    for (String name : Requests.names()) {
      if (!Requests.SHORT.contains(name)) {
        read(name);
      }
    }
    Pace.rest(2 * Requests.LIFETIME_MS);
    for (String name : Requests.SHORT) {
      read(name);
    }
    return read;
  }

  private void read(String name) throws IOException {
    for (int db = 0; db < 2; db++) {
      Map<Door, List<String>> values = new HashMap<>();
      for (Door door : Door.values()) {
        if (db == 0 || door != Door.HTTP) {
          List<String> both = new ArrayList<>();
          both.add(value(door, db, name));
          both.add(value(door, db, name));
          values.put(door, both);
        }
      }
      read.put(db + "/" + name, values);
    }
  }

  private String value(Door door, int db, String name) throws IOException {
    return ask(
        door,
        connection -> {
          if (door == Door.HTTP) {
            return connection.httpGet("/keys/" + name);
          }
          connection.call("SELECT", "" + db);
          return connection.call("GET", name);
        });
  }

  /** Asks until there is an answer: an error is none, and a slow machine makes some. */
  private String ask(Door door, Question question) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try (Connection connection =
          new Connection(
              switch (door) {
                case RESP -> subject.proxy(Protocol.RESP);
                case HTTP -> subject.proxy(Protocol.HTTP);
                case STRAIGHT -> subject.redis();
              },
              TIMEOUT_MS)) {
        return question.ask(connection);
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Pace.rest(AGAIN_MS);
      }
    }
  }
}
