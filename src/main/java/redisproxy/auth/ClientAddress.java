package redisproxy.auth;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The address by which a client is counted. For IPv6 it is the /64 network, because one machine can
 * usually use all 2^64 addresses of it.
 */
public final class ClientAddress {
  private static final int NETWORK_GROUPS = 4;

  private ClientAddress() {}

  public static String of(@Nullable SocketAddress remote) {
    return remote instanceof InetSocketAddress inet && inet.getAddress() != null
        ? of(inet.getAddress().getHostAddress())
        : "";
  }

  /** From an address as Java formats it, which writes all eight groups of IPv6. */
  public static String of(@Nullable String hostAddress) {
    if (hostAddress == null) {
      return "";
    }
    int end = -1;
    for (int i = 0; i < NETWORK_GROUPS; i++) {
      end = hostAddress.indexOf(':', end + 1);
      if (end < 0) {
        return hostAddress;
      }
    }
    return hostAddress.substring(0, end);
  }
}
