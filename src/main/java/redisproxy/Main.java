package redisproxy;

import ch.qos.logback.classic.LoggerContext;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import redisproxy.config.Configuration;
import redisproxy.config.Help;
import redisproxy.config.Loaded;
import redisproxy.config.Version;
import redisproxy.log.Logging;
import redisproxy.transport.Sockets;

/** The command line. */
public final class Main {
  private static final int USAGE_ERROR = 2;
  private static final int START_FAILED = 1;

  /** After this time the process ends even if the orderly stop is not finished. */
  private static final long STOP_WITHIN_MS = 9_000;

  private Main() {}

  public static void main(String[] arguments) {
    Sockets.prepare();
    System.setProperty(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.SLF4JLogDelegateFactory");
    // With TLS 1.2, renegotiation would let a client make the server sign again and again over one
    // connection.
    System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    Path config = null;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--help", "-h" -> exit(0, System.out, usage());
        case "--version" -> exit(0, System.out, "redis-proxy " + Version.TEXT);
        case "--config" -> {
          if (++i == arguments.length) {
            exit(USAGE_ERROR, System.err, "--config needs a file; see --help");
          }
          config = Path.of(arguments[i]);
        }
        default ->
            exit(
                USAGE_ERROR,
                System.err,
                "unknown argument " + arguments[i] + "; --help lists the arguments");
      }
    }
    run(config);
  }

  private static String usage() {
    return """
        redis-proxy: answers Redis reads from memory, over HTTP and RESP

        usage: java -jar redis-proxy.jar [--config FILE] [--help] [--version]

        Settings come from the file, if given, and from the environment. The environment wins:

        """
        + Help.render();
  }

  private static void exit(int status, PrintStream out, String text) {
    out.println(text);
    System.exit(status);
  }

  private static void run(@Nullable Path config) {
    try {
      // Before anyone can see that the proxy is up: without a handler, SIGHUP would end the
      // process.
      SighupHandler sighup = config == null ? null : SighupHandler.install();
      Loaded loaded = load(config);
      Logging.configure(loaded.settings().log());
      Proxy proxy = Proxy.start(loaded.settings()).toCompletionStage().toCompletableFuture().get();
      if (config != null && sighup != null) {
        proxy.follow(config, loaded, sighup);
      }
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(proxy), "stop"));
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      exit(START_FAILED, System.err, "redis-proxy cannot start:\n" + cause.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Reads the settings with a temporary Vertx, because they decide how many event loops the proxy's
   * own Vertx has.
   */
  private static Loaded load(@Nullable Path config)
      throws ExecutionException, InterruptedException {
    Vertx vertx =
        Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setInternalBlockingPoolSize(1));
    try {
      return Configuration.load(vertx, config).toCompletionStage().toCompletableFuture().get();
    } finally {
      vertx.close();
    }
  }

  /**
   * The shutdown hook for SIGTERM and SIGINT. It halts, because otherwise the JVM's exit status
   * would report the signal and not success.
   */
  private static void stop(Proxy proxy) {
    try {
      proxy
          .stop()
          .toCompletionStage()
          .toCompletableFuture()
          .get(STOP_WITHIN_MS, TimeUnit.MILLISECONDS);
      LoggerFactory.getLogger(Main.class).info("redis-proxy has stopped");
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      LoggerFactory.getLogger(Main.class)
          .warn("redis-proxy has stopped before all work was done", e);
    }
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    Runtime.getRuntime().halt(0);
  }
}
