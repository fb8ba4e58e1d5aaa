package redisproxy.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static redisproxy.it.RespClient.request;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.management.ObjectName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/** Clients that leave while Redis still owes them replies. */
@InEachShape
class LeavingClientIT {
  private static final int CLIENTS = 20;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RespClient direct;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.redis();
    direct = opened.client(redis);
    proxy = opened.proxy(shape, redis.url());
  }

  /** How many sessions this JVM holds, without garbage. */
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
        .filter(line -> line.endsWith(" redisproxy.front.resp.Session"))
        .mapToLong(line -> Long.parseLong(line.trim().split(" +")[1]))
        .sum();
  }

  /** How a client leaves. */
  enum Exit {
    CLOSE {
      @Override
      void leave(Socket socket) throws IOException {
        socket.close();
      }
    },
    RESET {
      @Override
      void leave(Socket socket) throws IOException {
        reset(socket);
      }
    },
    HALF_CLOSE {
      @Override
      void leave(Socket socket) throws IOException {
        socket.shutdownOutput();
      }
    };

    abstract void leave(Socket socket) throws IOException;
  }

  private Socket connect() throws IOException {
    return new Socket("127.0.0.1", proxy.respPort());
  }

  private static void send(Socket socket, String... requests) throws IOException {
    socket.getOutputStream().write(String.join("", requests).getBytes(ISO_8859_1));
  }

  static List<String[]> blocking() {
    return List.of(
            "BLPOP q 0",
            "BRPOP q 0",
            "BLMOVE q to LEFT RIGHT 0",
            "BRPOPLPUSH q to 0",
            "BLMPOP 0 1 q LEFT",
            "BZPOPMIN q 0",
            "BZPOPMAX q 0",
            "BZMPOP 0 1 q MIN",
            "XREAD BLOCK 0 STREAMS q $",
            "XREADGROUP GROUP g me BLOCK 0 STREAMS group >",
            "WAIT 3 0")
        .stream()
        .map(command -> command.split(" "))
        .toList();
  }

  /** An element for the next worker must not go to a client that has left. */
  @ParameterizedTest
  @EnumSource(Exit.class)
  void clientThatLeaves_isUnblocked(Exit exit) throws Exception {
    direct.call("XGROUP", "CREATE", "group", "g", "$", "MKSTREAM");
    for (String[] command : blocking()) {
      if (!isKnown(command[0])) {
        continue;
      }
      try (Socket socket = connect()) {
        send(socket, request("SET", "before", command[0]), request(command));
        direct.awaitBlocked(1);
        assertEquals(command[0], value("before"));
        exit.leave(socket);
        // Half of the time that the proxy would wait for a slow client.
        await()
            .atMost(Duration.ofMillis(500))
            .until(() -> direct.call("INFO", "clients").contains("blocked_clients:0\r"));
      }
    }
  }

  /** Servers before 7.0 lack some commands. */
  private boolean isKnown(String command) {
    return direct.call("COMMAND", "INFO", command).lines().count() > 2;
  }

  private String value(String key) {
    String reply = direct.call("GET", key);
    return reply.startsWith("$-1") ? null : reply.split("\r\n")[1];
  }

  @ParameterizedTest
  @EnumSource(Exit.class)
  void worker_getsTheJob_whenAnEarlierOneHasLeft(Exit exit) throws Exception {
    for (int i = 0; i < 10; i++) {
      try (Socket gone = connect();
          RespClient worker = proxy.resp()) {
        send(gone, request("BRPOP", "jobs", "0"));
        direct.awaitBlocked(1);
        exit.leave(gone);
        direct.awaitBlocked(0);
        worker.send(request("BRPOP", "jobs", "0"));
        direct.awaitBlocked(1);
        assertEquals(":1\r\n", direct.call("LPUSH", "jobs", "job" + i));
        assertEquals("*2\r\n$4\r\njobs\r\n$4\r\njob" + i + "\r\n", worker.reply());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Exit.class)
  void subscriberThatLeaves_isUnsubscribed(Exit exit) throws Exception {
    for (String command : List.of("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE")) {
      if (!isKnown(command)) {
        continue;
      }
      try (Socket socket = connect()) {
        send(socket, request(command, "news"));
        await().until(() -> subscribers() == 1);
        exit.leave(socket);
        await().atMost(Duration.ofMillis(500)).until(() -> subscribers() == 0);
      }
    }
  }

  private long subscribers() {
    return direct
        .call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.matches(".*sub=[1-9].*"))
        .count();
  }

  /**
   * No client waits for the replies or for the dedicated connection. The requests must be executed
   * all the same. Only a client that resets its connection may lose requests that Redis has not
   * read.
   */
  @Test
  void requestsOfAClientThatLeavesAtOnce_areExecuted() throws Exception {
    String large = "v".repeat(30_000);
    for (int i = 0; i < 20; i++) {
      for (Exit exit : List.of(Exit.CLOSE, Exit.HALF_CLOSE)) {
        String[] keys = {"small", "large", "script", "transaction"};
        direct.call("DEL", keys[0], keys[1], keys[2], keys[3]);
        try (Socket socket = connect()) {
          send(
              socket,
              request("SET", "small", "v"),
              request("SET", "large", large),
              request("EVAL", "return redis.call('set', 'script', 'v')", "0"),
              request("MULTI") + request("SET", "transaction", "v") + request("EXEC"),
              request("BRPOP", "none", "0"));
          exit.leave(socket);
          for (String key : keys) {
            await().until(() -> value(key) != null);
          }
        }
      }
    }
    direct.awaitBlocked(0);
  }

  @Test
  void halfClosedClient_getsEveryReply() throws Exception {
    for (String first : List.of("", request("EVAL", "return redis.status_reply('OK')", "0"))) {
      try (RespClient client = proxy.resp()) {
        client.send(first + request("SET", "k", "v").repeat(2000)).endOutput();
        assertEquals("+OK\r\n".repeat(first.isEmpty() ? 2000 : 2001), client.rest());
      }
    }
  }

  @Test
  void sessionsOfClientsThatLeft_areGarbageCollected() throws Exception {
    long before = sessions();
    List<Socket> leaving = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = connect();
      send(socket, request("BLPOP", "first", "0"), request("BLPOP", "none", "0"));
      leaving.add(socket);
    }
    direct.awaitBlocked(CLIENTS);
    for (Socket socket : leaving) {
      socket.shutdownOutput();
      reset(socket);
    }
    direct.awaitBlocked(0);
    await().until(() -> sessions() <= before);
  }

  /**
   * Requests with bodies wait, because the client does not read the responses before them. Then the
   * client leaves. A leaked buffer fails the class.
   */
  @Test
  void bodiesOfClientsThatLeft_areReleased() throws Exception {
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
      // Wait until some of the requests are queued.
      Thread.sleep(20);
      reset(socket);
    }
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
