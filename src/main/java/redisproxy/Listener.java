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
 * The address and port that a server is configured to listen on.
 *
 * @param section its section of the settings: http, resp or admin
 * @param host as configured
 * @param addresses all addresses that the host stands for
 * @param port 0 = any free port
 */
record Listener(String section, String host, List<String> addresses, int port) {

  /** The listeners of all enabled servers. */
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
   * Binds each address and releases it at once. It does not listen, so no client can connect
   * meanwhile. Blocks while it looks up host names.
   *
   * @throws IllegalStateException when the port is in use, or this user may not bind it
   */
  void requireFree() {
    if (port == 0) {
      return;
    }
    for (String address : addresses) {
      InetSocketAddress local = new InetSocketAddress(address, port);
      // Skip a name that the JVM cannot resolve: Vert.x has its own resolver and may know it.
      if (!local.isUnresolved()) {
        requireFree(address, local);
      }
    }
  }

  /** Ignores an address that this machine does not have: the server may do without it. */
  private void requireFree(String address, InetSocketAddress local) {
    try (SocketChannel socket = SocketChannel.open()) {
      // The server sets this too. Without it, a port that was in use a minute ago would seem in
      // use.
      socket.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(local);
    } catch (UnsupportedAddressTypeException noIpv6) {
      // This machine does not have the address either.
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
