package redisproxy.probe;

import java.io.IOException;

/** How a read is asked of the proxy. */
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

  /** The value, or null when there is no such key. */
  abstract String get(Connection connection, String key) throws IOException;
}
