package redisproxy.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static redisproxy.it.RespClient.request;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/** Clients that end their side while Redis has yet to answer, and are gone before it does. */
@ParameterizedClass
@EnumSource(Shape.class)
class LeavingClientIT {
  private static final int CLIENTS = 20;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RespClient direct;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.add(EmbeddedRedis.start());
    direct = opened.add(new RespClient(redis.host(), redis.port()));
    proxy = opened.add(RunningProxy.start(shape, redis.url()));
  }

  private void awaitBlocked(int clients) {
    Awaitility.await()
        .until(() -> direct.call("INFO", "clients").contains("blocked_clients:" + clients + "\r"));
  }

  /** How many sessions this JVM holds, garbage not counted. */
  private static long sessions() throws Exception {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {null},
                    new String[] {String[].class.getName()});
    return histogram
        .lines()
        .filter(line -> line.endsWith(" redisproxy.session.RespSession"))
        .mapToLong(line -> Long.parseLong(line.trim().split(" +")[1]))
        .sum();
  }

  @Test
  void sessionsOfThoseWhoAreGone_areForgotten() throws Exception {
    long before = sessions();
    byte[] blocked =
        (request("BLPOP", "first", "0") + request("BLPOP", "none", "0")).getBytes(US_ASCII);
    List<Socket> leaving = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = new Socket("127.0.0.1", proxy.respPort());
      socket.getOutputStream().write(blocked);
      leaving.add(socket);
    }
    awaitBlocked(CLIENTS);
    for (Socket socket : leaving) {
      socket.shutdownOutput();
    }
    // The proxy has seen their end then, and waits another while for what Redis may still say.
    Thread.sleep(300);
    for (Socket socket : leaving) {
      reset(socket);
    }
    // Only a reply shows that nobody is there any more.
    for (int i = 0; i < CLIENTS; i++) {
      direct.call("RPUSH", "first", "1");
    }
    awaitBlocked(0);
    Awaitility.await().until(() -> sessions() <= before);
  }

  /**
   * Requests with bodies wait, for responses before them are not read; and then nobody is there any
   * more. What is lost then fails the class.
   */
  @Test
  void bodiesOfThoseWhoAreGone_areReleased() throws Exception {
    direct.call("SET", "k", "v".repeat(900_000));
    leaveWithBodies(proxy.httpPort(), "/keys/k");
    leaveWithBodies(proxy.adminPort(), "/dashboard/uplot/uplot.js");
    assertEquals(200, proxy.http("/keys/k").statusCode());
  }

  private static void leaveWithBodies(int port, String path) throws Exception {
    String get = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n";
    String body = "Content-Length: 60000\r\n\r\n" + "x".repeat(60_000);
    byte[] requests = ((get + "\r\n").repeat(16) + get + body).getBytes(US_ASCII);
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = Unread.connect(port);
      socket.getOutputStream().write(requests);
      // Until some of it waits.
      Thread.sleep(20);
      reset(socket);
    }
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
