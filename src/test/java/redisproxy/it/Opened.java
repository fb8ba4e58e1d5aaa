package redisproxy.it;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import redisproxy.dev.EmbeddedRedis;

/**
 * Opens what tests need, such as a Redis, a proxy in front of it and a client of the proxy. Closes
 * all of it after the tests, the last opened first, even if opening failed midway.
 */
final class Opened implements AfterEachCallback, AfterAllCallback {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final boolean forClass;

  /** Creates an instance that closes its resources after each test. */
  Opened() {
    this(false);
  }

  private Opened(boolean forClass) {
    this.forClass = forClass;
  }

  /**
   * Returns an instance for the whole class. It closes its resources after the last test of each
   * shape.
   */
  static Opened forClass() {
    return new Opened(true);
  }

  /** Starts a Redis with these lines of redis.conf. */
  EmbeddedRedis redis(String... config) {
    return add(EmbeddedRedis.start(config));
  }

  /** Starts a proxy; settings are path, value, path, value, … */
  RunningProxy proxy(Shape shape, String redisUrl, String... settings) {
    return add(RunningProxy.start(shape, redisUrl, settings));
  }

  /** Returns the packaged jar, not yet started. */
  RunningJar jar(Path directory) {
    return add(new RunningJar(directory));
  }

  /** Connects a client to the proxy. */
  RespClient client(RunningProxy proxy) {
    return add(proxy.resp());
  }

  /** Connects a client to Redis itself. */
  RespClient client(EmbeddedRedis redis) {
    return add(new RespClient(redis));
  }

  <T extends AutoCloseable> T add(T resource) {
    opened.push(resource);
    return resource;
  }

  /** Closes everything now, for a test that opens it again. */
  void close() {
    AutoCloseable last = opened.poll();
    if (last != null) {
      try {
        last.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      } finally {
        close();
      }
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!forClass) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }
}
