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

/**
 * Reads every key over every channel at the end, when nobody writes and all invalidations have
 * arrived.
 */
final class FinalReads {
  private static final int TIMEOUT_MS = 4_000;
  private static final int AGAIN_MS = 100;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Subject subject;
  private final Map<String, Map<Channel, List<String>>> read = new HashMap<>();

  private interface Request {
    String send(Connection connection) throws IOException;
  }

  FinalReads(Subject subject) {
    this.subject = subject;
  }

  /**
   * Returns the values by key and channel. Reads each twice, because the cache may answer the
   * second read.
   */
  Map<String, Map<Channel, List<String>>> read() throws IOException {
    // The reply of a script waits behind a fence.
    retry(Channel.RESP, connection -> connection.call("EVAL", "return 'all is told'", "0"));
    for (String name : Requests.names()) {
      if (!Requests.isShort(name)) {
        read(name);
      }
    }
    Pace.rest(2 * Requests.LIFETIME_MS);
    for (String name : Requests.names()) {
      if (Requests.isShort(name)) {
        read(name);
      }
    }
    return read;
  }

  private void read(String name) throws IOException {
    for (int db = 0; db < 2; db++) {
      Map<Channel, List<String>> values = new HashMap<>();
      for (Channel channel : Channel.values()) {
        boolean hasKey = db == 0 && Structure.of(name) == null;
        if (hasKey || channel != Channel.HTTP) {
          List<String> both = new ArrayList<>();
          both.add(value(channel, db, name));
          both.add(value(channel, db, name));
          values.put(channel, both);
        }
      }
      read.put(db + "/" + name, values);
    }
  }

  private String value(Channel channel, int db, String name) throws IOException {
    return retry(
        channel,
        connection -> {
          if (channel == Channel.HTTP) {
            return connection.httpGet("/keys/" + name);
          }
          connection.call("SELECT", "" + db);
          Structure structure = Structure.of(name);
          return structure == null
              ? connection.call("GET", name)
              : structure.readAtTheEnd(connection, name);
        });
  }

  /** Repeats a request until it succeeds, because a slow machine causes some errors. */
  private String retry(Channel channel, Request request) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try (Connection connection =
          new Connection(
              switch (channel) {
                case RESP -> subject.proxy(Protocol.RESP);
                case HTTP -> subject.proxy(Protocol.HTTP);
                case STRAIGHT -> subject.redis();
              },
              TIMEOUT_MS)) {
        return request.send(connection);
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Pace.rest(AGAIN_MS);
      }
    }
  }
}
