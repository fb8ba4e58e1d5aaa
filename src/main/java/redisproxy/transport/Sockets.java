package redisproxy.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redisproxy.config.TransportKind;

/** The transport that runs: its Vert.x implementation, and the options of its sockets. */
public final class Sockets {
  /**
   * How many unsent bytes a socket accepts when the client's window is full. Without this limit,
   * Linux would use megabytes of kernel memory for each client that does not read.
   */
  private static final long MAX_UNSENT = 256 * 1024;

  private static final Path DISABLED = Path.of("/proc/sys/kernel/io_uring_disabled");
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final long PROBE_MS = 2_000;

  private final Choice choice;
  private final Transport vertx;

  private Sockets(Choice choice) {
    this.choice = choice;
    this.vertx =
        switch (choice.kind()) {
          case IO_URING -> Objects.requireNonNull(Transport.IO_URING);
          case EPOLL -> Objects.requireNonNull(Transport.EPOLL);
          default -> Transport.NIO;
        };
  }

  /**
   * Chooses a transport by trying it.
   *
   * @param loops how many event loops there will be: each needs a ring
   * @throws IllegalStateException if the wanted transport does not work here
   */
  public static Sockets choose(TransportKind wanted, int loops) {
    prepare();
    return new Sockets(Choice.among(wanted, kind -> fault(kind, loops)));
  }

  /**
   * Makes Netty ask the kernel for one event at a time. Netty reads these properties once, when it
   * loads its class. A program that makes a Vertx before it {@linkplain #choose chooses} must call
   * this before that; otherwise io_uring is not chosen.
   *
   * <p>Accept: by default the kernel accepts all clients that wait, which floods the event loops.
   *
   * <p>Poll: by default the kernel reports only changes. When a socket is paused, Netty cancels its
   * read and may lose a change that came meanwhile. It would then wait for ever, although bytes or
   * the end of the connection are there (docs/decisions.md).
   */
  public static void prepare() {
    System.setProperty("io.netty.iouring.acceptMultiShotEnabled", "false");
    System.setProperty("io.netty.iouring.pollAddMultishotEnabled", "false");
  }

  /** Which transport runs, and why. */
  public Choice choice() {
    return choice;
  }

  /** The transport's Vert.x implementation. */
  public Transport vertx() {
    return vertx;
  }

  /** Makes the I/O handlers of event loops. */
  public IoHandlerFactory ioHandlerFactory() {
    return switch (choice.kind()) {
      case IO_URING -> Rings.factory();
      case EPOLL -> EpollHandler.factory();
      default -> vertx.implementation().ioHandlerFactory();
    };
  }

  /** Makes the sockets that connect. */
  public ChannelFactory<? extends Channel> connecting(boolean domain) {
    ChannelFactory<? extends Channel> netty = vertx.implementation().channelFactory(domain);
    return choice.kind() == TransportKind.IO_URING ? ClosingSockets.connecting(netty) : netty;
  }

  /** Makes the sockets that listen. */
  public ChannelFactory<? extends ServerChannel> listening(boolean domain) {
    ChannelFactory<? extends ServerChannel> netty =
        vertx.implementation().serverChannelFactory(domain);
    return choice.kind() == TransportKind.IO_URING ? ClosingSockets.listening(netty) : netty;
  }

  /** Sets the options of the sockets that a server accepts. */
  public void configure(ServerBootstrap server) {
    ChannelOption<Long> unsent = unsentOption();
    if (unsent != null) {
      server.childOption(unsent, MAX_UNSENT);
    }
  }

  @Override
  public String toString() {
    return choice.kind().toString();
  }

  private @Nullable ChannelOption<Long> unsentOption() {
    return switch (choice.kind()) {
      case IO_URING -> IoUringChannelOption.TCP_NOTSENT_LOWAT;
      case EPOLL -> EpollChannelOption.TCP_NOTSENT_LOWAT;
      default -> null;
    };
  }

  private static Optional<String> fault(TransportKind kind, int loops) {
    return switch (kind) {
      case IO_URING ->
          fault(Transport.IO_URING, Sockets::explain)
              .or(Sockets::multishotFault)
              .or(() -> ringFault(loops));
      case EPOLL -> fault(Transport.EPOLL, IoUringFault::said);
      default -> Optional.empty();
    };
  }

  private static Optional<String> fault(
      @Nullable Transport transport, Function<Throwable, String> words) {
    if (transport == null) {
      return Optional.of("its classes are missing");
    }
    return transport.available()
        ? Optional.empty()
        : Optional.of(words.apply(transport.unavailabilityCause()));
  }

  /** Whether Netty has read the properties before {@link #prepare} has set them. */
  private static Optional<String> multishotFault() {
    return IoUring.isPollAddMultishotEnabled() || IoUring.isAcceptMultishotEnabled()
        ? Optional.of("Netty was loaded before its multishot operations were turned off")
        : Optional.empty();
  }

  /** Makes as many rings as will be needed, and waits for a timer on one of them. */
  private static Optional<String> ringFault(int loops) {
    MultiThreadIoEventLoopGroup group = null;
    try {
      group = new MultiThreadIoEventLoopGroup(loops, Rings.factory());
      group.schedule(() -> {}, 1, TimeUnit.MILLISECONDS).get(PROBE_MS, TimeUnit.MILLISECONDS);
      return Optional.empty();
    } catch (TimeoutException stuck) {
      return Optional.of("a ring was set up and did not run within " + PROBE_MS + " ms");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    } catch (ExecutionException | RuntimeException | Error cause) {
      return Optional.of(explain(cause));
    } finally {
      if (group != null) {
        group.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      }
    }
  }

  private static String explain(Throwable cause) {
    return IoUringFault.explain(cause, disabled(), lockedLimit());
  }

  private static int disabled() {
    try {
      return Integer.parseInt(Files.readString(DISABLED).strip());
    } catch (IOException | NumberFormatException none) {
      return -1;
    }
  }

  /** The soft limit, in bytes. */
  private static long lockedLimit() {
    try (Stream<String> lines = Files.lines(LIMITS)) {
      return lines
          .filter(line -> line.startsWith("Max locked memory"))
          .map(line -> line.split(" +", -1)[3])
          .filter(limit -> !limit.equals("unlimited"))
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElse(-1);
    } catch (IOException | UncheckedIOException | NumberFormatException none) {
      return -1;
    }
  }
}
