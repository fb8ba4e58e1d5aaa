package redisproxy;

import java.lang.reflect.Proxy;
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

  private HangUp() {}

  /**
   * Has something done at each from now on.
   *
   * @param task runs on a thread of the JVM's own
   */
  static void handle(Runnable task) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object taking =
          Proxy.newProxyInstance(
              HangUp.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                task.run();
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
