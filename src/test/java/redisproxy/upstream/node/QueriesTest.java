package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.upstream.Loop;
import redisproxy.upstream.node.LastReplies.Question;
import redisproxy.upstream.node.LastReplies.Topic;

/**
 * Questions with the same answer for all sessions, from Redis or the last replies, without a
 * socket.
 */
class QueriesTest {
  private static final int MAX_REPLY = 20;

  private final Loop loop = new Loop();
  private final List<String> told = new CopyOnWriteArrayList<>();

  /** The reply arrays that the requesters got. */
  private final List<byte[]> replies = new CopyOnWriteArrayList<>();

  private final LastReplies lastReplies = new LastReplies();
  private Queries queries;

  @BeforeEach
  void start() throws Exception {
    Settings.Redis redis = Configuration.parse(Map.of()).redis();
    queries = loop.call(() -> new Queries(loop.vertx, redis, loop::open, lastReplies, MAX_REPLY));
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private static Question question(Topic topic, boolean isResp3, String name) {
    byte[] request = ("*1\r\n$1\r\n" + name + "\r\n").getBytes(StandardCharsets.US_ASCII);
    return new Question(topic, isResp3, topic == Topic.DATABASE ? 3 : -1, request);
  }

  private void ask(Question question, String name, Runnable then) throws Exception {
    loop.run(
        () ->
            queries.ask(
                question,
                new Queries.Requester() {
                  @Override
                  public void answered(byte[] reply) {
                    if (reply != null) {
                      replies.add(reply);
                    }
                    told.add(
                        name
                            + (reply == null
                                ? " none"
                                : " " + new String(reply, StandardCharsets.US_ASCII).strip()));
                    then.run();
                  }

                  @Override
                  public void broken(Throwable fault) {
                    told.add(name + " broken: " + fault.getMessage());
                  }
                }));
  }

  private void ask(String name) throws Exception {
    ask(question(Topic.COMMAND, false, name), name, () -> {});
  }

  @Test
  void eachVersionOfResp_hasItsOwnConnection() throws Exception {
    ask("a");
    ask(question(Topic.COMMAND, true, "b"), "b", () -> {});
    ask("c");
    loop.connect(0);
    loop.connect(1);
    assertEquals("*1 $1 a *1 $1 c ", loop.sent(0));
    assertEquals("*2 $5 HELLO $1 3 *1 $1 b ", loop.sent(1));
    loop.reply(1, "%1 $6 server $5 redis _ ");
    loop.reply(0, ":1 :2 ");
    assertEquals(List.of("b _", "a :1", "c :2"), told);
  }

  @Test
  void ask_whenRedisIsUnreachable_answersFromTheMemo() throws Exception {
    ask("a");
    loop.connect(0);
    loop.reply(0, ":1 -ERR ");
    loop.run(queries::renew);
    ask("a");
    ask("b");
    ask(question(Topic.COMMAND, true, "a"), "resp3", () -> {});
    loop.refuse(1);
    loop.refuse(2);
    assertEquals(List.of("a :1", "a :1", "b none", "resp3 none"), told);
  }

  /** A dedicated connection will get the current answer from Redis. */
  @Test
  void ask_whenRedisIsReachable_doesNotUseTheMemo() throws Exception {
    ask("a");
    loop.connect(0);
    loop.reply(0, ":1 ");
    ask("a");
    loop.reply(0, "$30 " + "x".repeat(30) + " ");
    assertEquals(List.of("a :1", "a none"), told);
  }

  @Test
  void equalReplies_shareOneArray() throws Exception {
    ask("a");
    ask("a");
    loop.connect(0);
    loop.reply(0, ":1 :1 ");
    assertSame(replies.get(0), replies.get(1));
  }

  @Test
  void hasDatabase_onceRedisHasSelectedIt() throws Exception {
    ask(question(Topic.DATABASE, false, "s"), "s", () -> {});
    loop.connect(0);
    assertFalse(queries.hasDatabase(3));
    loop.reply(0, "+OK ");
    assertTrue(queries.hasDatabase(3));
    assertFalse(queries.hasDatabase(4));
  }

  /** Questions under way are still answered. */
  @Test
  void renew_opensNewConnections() throws Exception {
    ask("a");
    ask(question(Topic.COMMAND, true, "b"), "b", () -> {});
    loop.connect(0);
    loop.run(queries::renew);
    ask("c");
    ask(question(Topic.COMMAND, true, "d"), "d", () -> {});
    assertEquals(4, loop.connections.size());
    loop.connect(2);
    assertEquals("*1 $1 c ", loop.sent(2));
    loop.reply(0, ":1 ");
    loop.reply(2, ":3 ");
    assertEquals(List.of("a :1", "c :3"), told);
  }

  @Test
  void askerThatThrows_doesNotAffectOthers() throws Exception {
    Runnable fault =
        () -> {
          throw new IllegalStateException("a fault");
        };
    ask(question(Topic.COMMAND, false, "a"), "a", fault);
    ask("b");
    loop.connect(0);
    loop.reply(0, ":1 :2 ");
    assertEquals(List.of("a :1", "a broken: a fault", "b :2"), told);
  }
}
