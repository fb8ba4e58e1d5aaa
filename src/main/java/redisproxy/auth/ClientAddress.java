package redisproxy.auth;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Whom a client counts as: its address, or in IPv6 the network of it, of which one machine usually
 * has all 2^64 addresses.
 */
public final class ClientAddress {
  private static final int NETWORK_GROUPS = 4;

  private ClientAddress() {}

  public static String of(@Nullable SocketAddress remote) {
    return remote instanceof InetSocketAddress inet && inet.getAddress() != null
        ? of(inet.getAddress().getHostAddress())
        : "";
  }

  /** Of an address as Java writes it: all eight groups of IPv6. */
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
