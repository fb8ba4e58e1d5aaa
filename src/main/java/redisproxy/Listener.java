package redisproxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayList;
import java.util.List;
import redisproxy.accept.Listeners;
import redisproxy.config.Settings;

/**
 * Where a server is set to listen.
 *
 * @param section of the settings: http, resp or admin
 * @param host as it is set
 * @param addresses all that the host means
 * @param port 0 = any free port
 */
record Listener(String section, String host, List<String> addresses, int port) {

  /** Those of the servers that are enabled. */
  static List<Listener> enabled(Settings settings) {
    List<Listener> all = new ArrayList<>();
    if (settings.http().enabled()) {
      all.add(http(settings.http()));
    }
    if (settings.resp().enabled()) {
      all.add(resp(settings.resp()));
    }
    if (settings.admin().enabled()) {
      all.add(admin(settings.admin()));
    }
    return all;
  }

  static Listener http(Settings.Http http) {
    return new Listener("http", http.host(), Listeners.addresses(http.host()), http.port());
  }

  static Listener resp(Settings.Resp resp) {
    return new Listener("resp", resp.host(), Listeners.addresses(resp.host()), resp.port());
  }

  static Listener admin(Settings.Admin admin) {
    return new Listener("admin", admin.host(), Listeners.addresses(admin.host()), admin.port());
  }

  /**
   * Binds each address and lets it go again, without listening: no client can connect meanwhile.
   * Blocks while it looks up host names.
   *
   * @throws IllegalStateException when the port is in use, or not allowed to this user
   */
  void requireFree() {
    if (port == 0) {
      return;
    }
    for (String address : addresses) {
      InetSocketAddress local = new InetSocketAddress(address, port);
      // Vert.x has a resolver of its own, so it may know a name that the JVM does not.
      if (!local.isUnresolved()) {
        requireFree(address, local);
      }
    }
  }

  /** An address that this machine does not have is left to the server: it may do without. */
  private void requireFree(String address, InetSocketAddress local) {
    try (SocketChannel socket = SocketChannel.open()) {
      // As the server does, or a port that was in use a minute ago would be taken for in use.
      socket.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(local);
    } catch (UnsupportedAddressTypeException noIpv6) {
      // not an address of this machine either
    } catch (IOException failure) {
      if (isOfThisMachine(local.getAddress())) {
        throw failed(address, failure);
      }
    }
  }

  private static boolean isOfThisMachine(InetAddress address) {
    try {
      return address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException unknown) {
      return false;
    }
  }

  /** The error when the server itself could not listen. */
  IllegalStateException failed(Throwable reason) {
    return failed(host, reason);
  }

  private IllegalStateException failed(String address, Throwable reason) {
    return new IllegalStateException(
        ("%1$s.host = %2$s, %1$s.port = %3$d: cannot listen%4$s (%5$s);"
                + " stop what uses the port, or set another %1$s.port or %1$s.host")
            .formatted(
                section,
                host,
                port,
                address.equals(host) ? "" : " on " + address,
                reason.getMessage()),
        reason);
  }
}
