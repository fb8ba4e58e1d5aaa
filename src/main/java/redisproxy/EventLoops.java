package redisproxy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.lang.management.ManagementFactory;
import redisproxy.accept.PacedTransport;
import redisproxy.admission.Room;
import redisproxy.config.Settings;
import redisproxy.transport.Choice;
import redisproxy.transport.Sockets;
import redisproxy.upstream.connection.Names;

/** Creates event loops, and knows how many sockets and streams the process has room for. */
final class EventLoops {
  private final Room room;
  private final Choice choice;
  private final PacedTransport transport;

  /**
   * For this transport.
   *
   * @param isPooled whether RESP clients share their dedicated connections to Redis
   */
  EventLoops(Sockets sockets, boolean isPooled) {
    this.room = new Room(Runtime.getRuntime().maxMemory(), maxFiles(), isPooled);
    this.choice = sockets.choice();
    this.transport = new PacedTransport(sockets, room.sockets());
  }

  private static long maxFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** Creates a Vertx with this many event loops. */
  Vertx open(int eventLoops, Settings.Redis redis) {
    VertxOptions options =
        new VertxOptions()
            .setEventLoopPoolSize(eventLoops)
            .setAddressResolverOptions(Names.resolver(redis))
            .setDisableTCCL(true)
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setClassPathResolvingEnabled(false)
                    .setFileCachingEnabled(false));
    return Vertx.builder().with(options).withTransport(transport).build();
  }

  Room room() {
    return room;
  }

  /** The transport that the sockets of all event loops use. */
  Choice transport() {
    return choice;
  }
}
