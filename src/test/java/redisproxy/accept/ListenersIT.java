package redisproxy.accept;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersIT {
  /** An address that no machine has. */
  private static final String NOWHERE = "192.0.2.1";

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Listeners tcp() {
    return Listeners.ofTcp(() -> vertx.createNetServer().connectHandler(socket -> socket.end()));
  }

  private static void connect(String address, int port) throws IOException {
    try (Socket socket = new Socket(address, port)) {
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LocalHost"})
  void localhost_listensOnBothLoopbacksAtOnePort(String host) throws IOException {
    Listeners server = tcp();
    await(server.listen(host, 0));
    connect("127.0.0.1", server.port());
    connect("::1", server.port());
    await(server.shutdown(0, TimeUnit.SECONDS));
    assertThrows(SocketException.class, () -> connect("127.0.0.1", server.port()));
    assertThrows(SocketException.class, () -> connect("::1", server.port()));
  }

  @Test
  void otherHost_listensOnOneAddress() throws IOException {
    Listeners server = tcp();
    await(server.listen("127.0.0.1", 0));
    connect("127.0.0.1", server.port());
    assertThrows(SocketException.class, () -> connect("::1", server.port()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void listen_whenOnePortIsTaken_failsAndFreesTheOtherAddress(String address) throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName(address))) {
      int port = taken.getLocalPort();
      String fault =
          assertThrows(CompletionException.class, () -> await(tcp().listen("localhost", port)))
              .getMessage();
      assertTrue(fault.contains(address + ": "), fault);
      String other = address.equals("::1") ? "127.0.0.1" : "::1";
      // The JDK's transport closes a socket a moment later.
      Awaitility.await()
          .ignoreExceptions()
          .untilAsserted(() -> new ServerSocket(port, 1, InetAddress.getByName(other)).close());
    }
  }

  /** As on a machine without IPv6. */
  @Test
  void listen_whenIpv6IsMissing_usesIpv4Alone() throws IOException {
    Listeners server =
        new Listeners(
            () -> new Listeners.Tcp(vertx.createNetServer().connectHandler(socket -> socket.end())),
            "127.0.0.1",
            NOWHERE);
    await(server.listen("localhost", 0));
    connect("127.0.0.1", server.port());
    await(server.shutdown(0, TimeUnit.SECONDS));
  }
}
