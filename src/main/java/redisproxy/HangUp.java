package redisproxy;

import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;

/**
 * SIGHUP, by which a service is told to read its settings again; without this it would end the
 * process. By reflection: nothing has taken the place of {@code sun.misc.Signal}, and javac warns
 * of it with no way to say that this is known.
 */
final class HangUp {
  private static final Logger LOG = LoggerFactory.getLogger(HangUp.class);

  /** Null until there is something to be done. */
  private @Nullable Runnable task;

  private boolean early;

  private HangUp() {}

  /** Takes them from now on: one that comes before there is something to be done is kept for it. */
  static HangUp taken() {
    HangUp taken = new HangUp();
    taken.listen();
    return taken;
  }

  /**
   * Has something done at each from now on.
   *
   * @param task must not block; runs on the caller's thread or one of the JVM's own
   */
  synchronized void handle(Runnable task) {
    this.task = task;
    if (early) {
      early = false;
      task.run();
    }
  }

  /** There is one. */
  synchronized void come() {
    if (task == null) {
      early = true;
    } else {
      task.run();
    }
  }

  private void listen() {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object taking =
          Proxy.newProxyInstance(
              HangUp.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                come();
                return null;
              });
      Object hup = signal.getConstructor(String.class).newInstance("HUP");
      signal.getMethod("handle", signal, handler).invoke(null, hup, taking);
    } catch (ReflectiveOperationException unheard) {
      // With -Xrs, say. The file is watched all the same.
      LOG.atWarn().addKeyValue(LogKey.REASON, unheard).log("SIGHUP cannot be heard");
    }
  }
}
