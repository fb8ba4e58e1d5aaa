package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.upstream.Loop;

/** Questions of many sessions over one connection, without a socket. */
class QueryConnectionTest {
  private static final int MAX_REPLY = 20;

  private final Loop loop = new Loop();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private QueryConnection connection;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String url, String timeout) throws Exception {
    Settings.Redis redis =
        Configuration.parse(Map.of("redis.url", url, "redis.load-timeout", timeout)).redis();
    connection =
        loop.call(() -> new QueryConnection(loop.vertx, redis, loop::open, false, MAX_REPLY));
  }

  private void open() throws Exception {
    open("redis://localhost:1", "10s");
  }

  private boolean ask(String name) throws Exception {
    return loop.call(
        () ->
            connection.ask(
                ("*1\r\n$1\r\n" + name + "\r\n").getBytes(StandardCharsets.US_ASCII),
                new QueryConnection.Requester() {
                  @Override
                  public void answered(byte[] reply) {
                    told.add(name + " " + new String(reply, StandardCharsets.US_ASCII).strip());
                  }

                  @Override
                  public void unanswered(boolean isReachable) {
                    told.add(
                        name + (isReachable ? " has to be asked otherwise" : " has no answer"));
                  }
                }));
  }

  @Test
  void questions_areAnsweredInOrder() throws Exception {
    open();
    assertTrue(ask("a"));
    assertTrue(ask("b"));
    assertEquals(1, loop.connections.size());
    loop.connect(0);
    assertEquals("*1 $1 a *1 $1 b ", loop.sent(0));
    loop.reply(0, "+x $3 ab");
    assertEquals(List.of("a +x"), told);
    loop.reply(0, "c ");
    assertEquals(List.of("a +x", "b $3\r\nabc"), told);
    ask("c");
    assertEquals("*1 $1 c ", loop.sent(0));
  }

  @Test
  void replyThatIsTooLong_needsAnotherConnection() throws Exception {
    open();
    ask("a");
    ask("b");
    ask("c");
    loop.connect(0);
    loop.reply(0, "$30 xxxxxxxxxx");
    loop.reply(0, "xxxxxxxxxxxxxxxxxxxx +y ");
    // The same if the reply comes in one read.
    loop.reply(0, "$30 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ");
    assertEquals(
        List.of("a has to be asked otherwise", "b +y", "c has to be asked otherwise"), told);
    assertTrue(loop.isOpen(0));
  }

  /** Redis may have closed the connection just when the question came. */
  @Test
  void lostQuestion_isSentOnceMore() throws Exception {
    open();
    ask("a");
    loop.connect(0);
    loop.close(0);
    assertEquals(List.of(), told);
    assertEquals(2, loop.connections.size());
    ask("b");
    loop.connect(1);
    assertEquals("*1 $1 a *1 $1 b ", loop.sent(1));
    loop.close(1);
    assertEquals(List.of("a has no answer"), told, "it was sent twice");
    loop.connect(2);
    loop.reply(2, "+y ");
    assertEquals(List.of("a has no answer", "b +y"), told);
  }

  @Test
  void question_whenRedisIsUnreachable_hasNoAnswer() throws Exception {
    open();
    ask("a");
    loop.refuse(0);
    assertEquals(List.of("a has no answer"), told);
    assertEquals(1, loop.connections.size());
  }

  @Test
  void question_whenTheGreetingIsRefused_needsAnotherConnection() throws Exception {
    open("redis://:wrong@localhost:1", "10s");
    ask("a");
    loop.connect(0);
    assertEquals("*2 $4 AUTH $5 wrong *1 $1 a ", loop.sent(0));
    loop.reply(0, "-WRONGPASS ");
    assertEquals(List.of("a has to be asked otherwise"), told);
    assertFalse(loop.isOpen(0));
  }

  @Test
  void question_whenRedisSendsNoResp_needsAnotherConnection() throws Exception {
    open();
    ask("a");
    loop.connect(0);
    loop.reply(0, "HTTP/1.1 ");
    assertEquals(List.of("a has to be asked otherwise"), told);
    assertFalse(loop.isOpen(0));
  }

  @Test
  void lateReply_isNotGivenToTheNextQuestion() throws Exception {
    open("redis://localhost:1", "200ms");
    ask("a");
    loop.connect(0);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !told.isEmpty());
    assertEquals(List.of("a has no answer"), told);
    ask("b");
    loop.reply(0, "+late +y ");
    assertEquals(List.of("a has no answer", "b +y"), told);
  }

  /** The connection is closed when a reply is late by twice the timeout. */
  @Test
  void connectionToASilentServer_isClosed() throws Exception {
    open("redis://localhost:1", "100ms");
    ask("a");
    loop.connect(0);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
    assertEquals(List.of("a has no answer"), told);
  }

  @Test
  void unusedConnection_isClosed() throws Exception {
    open();
    ask("a");
    loop.connect(0);
    loop.reply(0, "+x ");
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
    ask("b");
    assertEquals(2, loop.connections.size());
  }

  @Test
  void pushes_areSkipped() throws Exception {
    open();
    ask("a");
    loop.connect(0);
    loop.reply(0, ">1 $1 x +y ");
    assertEquals(List.of("a +y"), told);
  }

  @Test
  void ask_whenTooManyAreUnanswered_isRefused() throws Exception {
    open();
    for (int i = 0; i < 4096; i++) {
      assertTrue(ask("a"));
    }
    assertFalse(ask("b"));
  }
}
