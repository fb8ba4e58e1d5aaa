package redisproxy;

import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;

/**
 * Handles SIGHUP: service managers send it to make a process read its settings again. Without a
 * handler SIGHUP ends the process. Uses {@code sun.misc.Signal}, which has no replacement, by
 * reflection, because javac warns about it and the warning cannot be suppressed.
 */
final class SighupHandler {
  private static final Logger LOG = LoggerFactory.getLogger(SighupHandler.class);

  /** Null until {@link #handle} is called. */
  private @Nullable Runnable task;

  /** A signal came before there was a task. */
  private boolean pending;

  private SighupHandler() {}

  /** Installs a handler. It remembers a signal that comes before {@link #handle} is called. */
  static SighupHandler install() {
    SighupHandler handler = new SighupHandler();
    handler.listen();
    return handler;
  }

  /**
   * Runs the task at each signal from now on, and at once if a signal has already come.
   *
   * @param task must not block; runs on the caller's thread or one of the JVM's own
   */
  synchronized void handle(Runnable task) {
    this.task = task;
    if (pending) {
      pending = false;
      task.run();
    }
  }

  /** Handles one SIGHUP. */
  synchronized void signal() {
    if (task == null) {
      pending = true;
    } else {
      task.run();
    }
  }

  private void listen() {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              SighupHandler.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                signal();
                return null;
              });
      Object hup = signal.getConstructor(String.class).newInstance("HUP");
      signal.getMethod("handle", signal, handler).invoke(null, hup, proxy);
    } catch (ReflectiveOperationException failure) {
      // The JVM flag -Xrs causes this, for example. The proxy still watches the settings file.
      LOG.atWarn().addKeyValue(LogKey.REASON, failure).log("cannot handle SIGHUP");
    }
  }
}
