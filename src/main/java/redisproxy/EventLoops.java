package redisproxy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.lang.management.ManagementFactory;
import redisproxy.accept.PacedTransport;
import redisproxy.config.Settings;
import redisproxy.limits.Room;
import redisproxy.upstream.Names;

/** How event loops are made, and what the process has room for. */
final class EventLoops {
  private final Room room = new Room(Runtime.getRuntime().maxMemory(), maxFiles());
  private final PacedTransport transport = new PacedTransport(room.sockets());

  private static long maxFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** So many, of a Vertx of their own. */
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

  /** Whether their sockets are the system's own. */
  boolean isNative() {
    return transport.isNative();
  }
}
