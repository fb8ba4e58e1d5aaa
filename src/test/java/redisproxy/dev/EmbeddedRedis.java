package redisproxy.dev;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.github.dockerjava.api.DockerClient;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.containers.wait.strategy.WaitStrategy;
import org.testcontainers.images.builder.Transferable;
import redis.embedded.core.ExecutableProvider;

/**
 * A real Redis for one test or for {@code make run}: on a free port, without persistence. It leaves
 * no trace when it is closed or when the JVM ends.
 *
 * <p>The system property {@code redis} selects the server, so that the same tests run against each:
 * {@code embedded} (the default: the executable of the embedded-redis artifact), {@code local} (the
 * {@code redis-server} on the PATH) or {@code testcontainers} (the image {@code redis.image},
 * {@code redis:7.4} unless set).
 */
public final class EmbeddedRedis implements AutoCloseable {
  private static final Duration START_UP = Duration.ofSeconds(30);
  private static final String READY = "Ready to accept connections";

  private final Server server;
  private final Thread atExit = new Thread(this::close, "redis-at-exit");
  private boolean closed;

  private EmbeddedRedis(Server server) {
    this.server = server;
  }

  /**
   * Starts a Redis.
   *
   * @param config lines of redis.conf, such as {@code requirepass secret}; they cannot set port,
   *     address and persistence
   */
  public static EmbeddedRedis start(String... config) {
    String source = System.getProperty("redis", "embedded");
    List<String> lines = List.of(config);
    EmbeddedRedis redis =
        new EmbeddedRedis(
            switch (source) {
              case "embedded" -> new LocalServer(Unpacked.EXECUTABLE, lines);
              case "local" -> new LocalServer(onPath("redis-server"), lines);
              case "testcontainers" -> new ContainerServer(lines);
              default ->
                  throw new IllegalArgumentException(
                      "redis=" + source + ": expected embedded, local or testcontainers");
            });
    Runtime.getRuntime().addShutdownHook(redis.atExit);
    try {
      redis.server.start();
    } catch (RuntimeException e) {
      redis.close();
      throw e;
    }
    return redis;
  }

  public String host() {
    return server.host();
  }

  /** The port it listens on. It never changes. */
  public int port() {
    return server.port();
  }

  public String url() {
    return "redis://" + host() + ":" + port() + "/0";
  }

  /** The id of its process on this machine. */
  public long pid() {
    return server.pid();
  }

  /** Kills the server at once, like a crash. {@link #restart} starts it again. */
  public synchronized void stop() {
    server.stop();
  }

  /** Starts it again on the same port, empty. */
  public synchronized void restart() {
    server.stop();
    server.start();
  }

  /** Freezes the server: connections stay open, but it answers nothing until {@link #resume}. */
  public void pause() {
    server.pause();
  }

  public void resume() {
    server.resume();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    server.stop();
    server.remove();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException alreadyExiting) {
      // The shutdown hook itself called close.
    }
  }

  /** A server from any source. Calling {@code stop} twice is allowed. */
  private interface Server {
    String host();

    int port();

    long pid();

    void start();

    void stop();

    void pause();

    void resume();

    void remove();
  }

  /** The executable of the artifact (9 MB), unpacked once for all servers of this JVM. */
  private static final class Unpacked {
    static final File EXECUTABLE = unpack();

    private static File unpack() {
      try {
        Path directory = Files.createTempDirectory("embedded-redis-");
        directory.toFile().deleteOnExit();
        File executable = ExecutableProvider.newJarResourceProvider(directory.toFile()).get();
        executable.deleteOnExit();
        return executable;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static File onPath(String name) {
    try {
      return ExecutableProvider.newExecutableInPath(name).get();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A child process of this JVM. */
  private static final class LocalServer implements Server {
    private static final int PORTS_TO_TRY = 10;

    private final Path directory;
    private final File executable;
    private final List<String> config;
    private int port;
    private Process process;

    LocalServer(File executable, List<String> config) {
      this.executable = executable;
      this.config = config;
      try {
        directory = Files.createTempDirectory("embedded-redis-");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String host() {
      return "127.0.0.1";
    }

    @Override
    public int port() {
      return port;
    }

    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public void start() {
      boolean keepsPort = port != 0;
      for (int left = keepsPort ? 1 : PORTS_TO_TRY; left > 0; left--) {
        port = keepsPort ? port : freePort();
        String log = startOn(port);
        if (log.contains(READY)) {
          return;
        }
        stop();
        if (left == 1 || !log.contains("Address already in use")) {
          throw new IllegalStateException(
              executable + " did not start on port " + port + ". It says:\n" + log);
        }
      }
    }

    /** Waits until the server is ready, has died, or has taken too long. Returns its log. */
    private String startOn(int port) {
      Path log = directory.resolve("redis.log");
      try {
        process =
            new ProcessBuilder(executable.getPath(), writeConfig(port).toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + START_UP.toNanos();
        String logged;
        do {
          boolean alive = !process.waitFor(10, TimeUnit.MILLISECONDS);
          logged = Files.readString(log, ISO_8859_1);
          if (!alive) {
            return logged;
          }
        } while (!logged.contains(READY) && System.nanoTime() < deadline);
        return logged;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }

    private Path writeConfig(int port) throws IOException {
      return Files.writeString(
          directory.resolve("redis.conf"),
          redisConf(config, "bind 127.0.0.1", "port " + port, "dir " + directory));
    }

    @Override
    public void stop() {
      if (process == null) {
        return;
      }
      try {
        process.destroyForcibly().waitFor();
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }

    @Override
    public void pause() {
      signal("STOP");
    }

    @Override
    public void resume() {
      signal("CONT");
    }

    private void signal(String name) {
      try {
        // Use the kill of the shell: a small system has no other.
        String kill = "kill -" + name + " " + pid();
        int status = new ProcessBuilder("sh", "-c", kill).start().waitFor();
        if (status != 0) {
          throw new IllegalStateException(kill + " ended with " + status);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }

    @Override
    public void remove() {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
        Files.delete(directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * A container. The class is loaded only with {@code redis=testcontainers}, because it needs
   * Docker.
   */
  private static final class ContainerServer implements Server {
    private static final int PORT = 6379;
    private static final String CONFIG = "/etc/redis-proxy-test.conf";
    private static final String NOT_STARTED = "the container did not start. It says:\n";
    private static final String REFUSED = "FATAL CONFIG FILE ERROR";

    private final GenericContainer<?> container;
    private final StringBuffer log = new StringBuffer();
    private int starts = 1;

    ContainerServer(List<String> config) {
      container =
          new GenericContainer<>(System.getProperty("redis.image", "redis:7.4"))
              .withCopyToContainer(
                  Transferable.of(redisConf(config, "bind 0.0.0.0", "protected-mode no")), CONFIG)
              .withCommand("redis-server", CONFIG)
              .withExposedPorts(PORT)
              .withLogConsumer(frame -> log.append(frame.getUtf8String()))
              .waitingFor(ready());
      container.setPortBindings(List.of(freePort() + ":" + PORT));
    }

    /** All starts share one log, so waits for the line once for each start. */
    private WaitStrategy ready() {
      return Wait.forLogMessage(".*(" + READY + "|" + REFUSED + ").*\\n", starts)
          .withStartupTimeout(START_UP);
    }

    @Override
    public String host() {
      return container.getHost();
    }

    @Override
    public int port() {
      return container.getMappedPort(PORT);
    }

    @Override
    public long pid() {
      return container.getCurrentContainerInfo().getState().getPidLong();
    }

    @Override
    public void start() {
      if (container.getContainerId() == null) {
        create();
        return;
      }
      docker().startContainerCmd(container.getContainerId()).exec();
      starts++;
      ready().waitUntilReady(container);
    }

    private void create() {
      try {
        container.start();
      } catch (ContainerLaunchException e) {
        // The container and its log are already removed, so use the copy.
        throw new IllegalStateException(NOT_STARTED + log, e);
      }
      if (container.getLogs().contains(REFUSED)) {
        throw new IllegalStateException(NOT_STARTED + container.getLogs());
      }
    }

    @Override
    public void stop() {
      if (container.isRunning()) {
        docker().killContainerCmd(container.getContainerId()).exec();
        docker().waitContainerCmd(container.getContainerId()).start().awaitStatusCode();
      }
    }

    @Override
    public void pause() {
      docker().pauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void resume() {
      docker().unpauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void remove() {
      container.stop();
    }

    private DockerClient docker() {
      return container.getDockerClient();
    }
  }

  /** Puts the caller's lines first. The fixed lines come later, so they win. */
  private static String redisConf(List<String> config, String... ours) {
    return String.join("\n", config)
        + "\n"
        + String.join("\n", ours)
        + "\nsave \"\"\nappendonly no\ndaemonize no\nloglevel notice\nlogfile \"\"\n";
  }

  /**
   * Returns a port below the range of outgoing connections, so that none of them takes it during a
   * stop.
   */
  public static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
      try (ServerSocket probe = new ServerSocket(port)) {
        return probe.getLocalPort();
      } catch (BindException taken) {
        // Try the next port.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while waiting for Redis", e);
  }
}
