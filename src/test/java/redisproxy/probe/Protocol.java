package redisproxy.probe;

import java.io.IOException;

/** The protocol of a read through the proxy. */
public enum Protocol {
  RESP {
    @Override
    String get(Connection connection, String key) throws IOException {
      return connection.call("GET", key);
    }
  },
  HTTP {
    @Override
    String get(Connection connection, String key) throws IOException {
      return connection.httpGet("/keys/" + key);
    }
  };

  /** Returns the value, or null if there is no such key. */
  abstract String get(Connection connection, String key) throws IOException;
}
