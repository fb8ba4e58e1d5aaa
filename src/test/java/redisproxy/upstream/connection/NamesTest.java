package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;

/** A host name whose address changes, resolved by the test's own name server. */
class NamesTest {
  private static final String BEFORE = "127.0.0.2";
  private static final String AFTER = "127.0.0.3";

  private DatagramSocket nameServer;
  private ServerSocket before;
  private ServerSocket after;

  /** The address of the name; null if the name server does not reply. */
  private volatile String address = BEFORE;

  private Vertx vertx;

  @BeforeEach
  void start() throws Exception {
    nameServer = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::answer, "name-server");
    thread.setDaemon(true);
    thread.start();
    before = new ServerSocket(0, 8, InetAddress.getByName(BEFORE));
    after = new ServerSocket(before.getLocalPort(), 8, InetAddress.getByName(AFTER));
  }

  @AfterEach
  void stop() throws Exception {
    nameServer.close();
    before.close();
    after.close();
    if (vertx != null) {
      vertx.close();
    }
  }

  /** Answers any question about an IPv4 address, with a TTL of an hour. */
  private void answer() {
    try {
      while (true) {
        DatagramPacket question = new DatagramPacket(new byte[512], 512);
        nameServer.receive(question);
        if (address == null) {
          continue;
        }
        byte[] asked = question.getData();
        int end = 12;
        while (asked[end] != 0) {
          end += asked[end] + 1;
        }
        end += 5;
        boolean isIpv4 = asked[end - 3] == 1;
        ByteBuffer reply = ByteBuffer.allocate(512);
        reply.put(asked, 0, end);
        reply.putShort(2, (short) 0x8180).putShort(6, (short) (isIpv4 ? 1 : 0)).putInt(8, 0);
        if (isIpv4) {
          reply.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1);
          reply.putInt(3600).putShort((short) 4).put(InetAddress.getByName(address).getAddress());
        }
        nameServer.send(
            new DatagramPacket(reply.array(), reply.position(), question.getSocketAddress()));
      }
    } catch (java.io.IOException closed) {
      // The test is over.
    }
  }

  private static Settings.Redis settings() {
    return Configuration.parse(Map.of("redis.connect-timeout", "300ms")).redis();
  }

  /** Even if the name server or Vert.x would allow more. */
  @Test
  void addresses_areCachedForSeconds() {
    AddressResolverOptions options = Names.resolver(settings());
    assertEquals(2, options.getCacheMaxTimeToLive());
    assertEquals(300, options.getQueryTimeout(), "equals the connect timeout");
  }

  private String connect(AddressResolverOptions options) throws Exception {
    if (vertx == null) {
      vertx = Vertx.vertx(new VertxOptions().setAddressResolverOptions(options));
    }
    NetClient client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(300));
    return client
        .connect(before.getLocalPort(), "redis.example")
        .map(socket -> socket.remoteAddress().hostAddress())
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void name_isResolvedAgain_despiteALongTtl() throws Exception {
    AddressResolverOptions options =
        Names.resolver(settings()).addServer("127.0.0.1:" + nameServer.getLocalPort());
    assertEquals(BEFORE, connect(options));
    address = AFTER;
    before.close();
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .ignoreExceptions()
        .untilAsserted(() -> assertEquals(AFTER, connect(options)));
  }

  @Test
  void hostsFile_isReloaded(@TempDir Path directory) throws Exception {
    Path hosts = directory.resolve("hosts");
    Files.writeString(hosts, BEFORE + " redis.example\n");
    AddressResolverOptions options = Names.resolver(settings()).setHostsPath(hosts.toString());
    assertEquals(BEFORE, connect(options));
    Files.writeString(hosts, AFTER + " redis.example\n");
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .ignoreExceptions()
        .untilAsserted(() -> assertEquals(AFTER, connect(options)));
  }

  /** A connection attempt must fail within seconds. */
  @Test
  void connect_whenTheNameServerIsSilent_failsInTime() {
    address = null;
    AddressResolverOptions options =
        Names.resolver(settings()).addServer("127.0.0.1:" + nameServer.getLocalPort());
    long asked = System.nanoTime();
    org.junit.jupiter.api.Assertions.assertThrows(
        java.util.concurrent.ExecutionException.class, () -> connect(options));
    long took = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - asked);
    assertTrue(took < 5, took + " s; Vert.x's default is five for each question");
  }
}
