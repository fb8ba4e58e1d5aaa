package redisproxy.it;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What a test has opened, such as a Redis, a proxy before it and a client of that: closed behind
 * it, the last first, also when not all of it could be opened.
 */
final class Opened implements AfterEachCallback {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T resource) {
    opened.push(resource);
    return resource;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    AutoCloseable last = opened.poll();
    if (last != null) {
      try {
        last.close();
      } finally {
        afterEach(context);
      }
    }
  }
}
