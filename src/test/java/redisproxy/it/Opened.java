package redisproxy.it;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import redisproxy.dev.EmbeddedRedis;

/**
 * Opens what tests need, such as a Redis, a proxy before it and a client of that, and closes it
 * behind them: the last first, also when not all of it could be opened.
 */
final class Opened implements AfterEachCallback, AfterAllCallback {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final boolean forClass;

  /** What each test opens for itself. */
  Opened() {
    this(false);
  }

  private Opened(boolean forClass) {
    this.forClass = forClass;
  }

  /** What the tests of a class share: closed behind the last of them, in each shape. */
  static Opened forClass() {
    return new Opened(true);
  }

  /** A Redis, with these lines of redis.conf. */
  EmbeddedRedis redis(String... config) {
    return add(EmbeddedRedis.start(config));
  }

  /** A proxy; settings are given as path, value, path, value, … */
  RunningProxy proxy(Shape shape, String redisUrl, String... settings) {
    return add(RunningProxy.start(shape, redisUrl, settings));
  }

  /** The packaged jar, not yet run. */
  RunningJar jar(Path directory) {
    return add(new RunningJar(directory));
  }

  /** A client of the proxy. */
  RespClient client(RunningProxy proxy) {
    return add(proxy.resp());
  }

  /** A client of Redis itself. */
  RespClient client(EmbeddedRedis redis) {
    return add(new RespClient(redis));
  }

  <T extends AutoCloseable> T add(T resource) {
    opened.push(resource);
    return resource;
  }

  /** Closes all of it now, for a test that opens it anew. */
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
