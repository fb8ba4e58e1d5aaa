package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.command.Parsed;
import redisproxy.command.Writes;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;
import redisproxy.upstream.Loop;

/** A connection that many sessions share, without a socket. */
class SharedConnectionTest {
  private static final String GET = "*2 $4 TYPE $1 k ";

  private final Loop loop = new Loop();
  private final List<String> told = new ArrayList<>();
  private final Tally tally = new Tally();
  private SharedConnections sharedConnections;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Settings.Redis redis =
        Configuration.parse(settings.length == 0 ? Map.of() : Map.of(settings[0], settings[1]))
            .redis();
    sharedConnections =
        loop.call(
            () ->
                new SharedConnections(
                    loop.vertx,
                    redis,
                    loop::open,
                    writes -> told.add("invalidate " + Parsed.keys(writes)),
                    openedAt -> told.add("moved"),
                    tally));
  }

  /** A session. */
  private final class Session implements Call.Receiver {
    private final String name;

    /** Runs when the session gets a reply or a loss; may be null. */
    private Runnable then;

    Session(String name) {
      this.name = name;
    }

    boolean send(boolean resp3, int ticket, String request, Writes writes) throws Exception {
      ByteBuf bytes =
          Unpooled.copiedBuffer("junk" + request.replace(" ", "\r\n"), StandardCharsets.US_ASCII);
      return loop.call(
          () -> sharedConnections.send(resp3, bytes, 4, bytes.writerIndex(), writes, this, ticket));
    }

    boolean send(int ticket) throws Exception {
      return send(false, ticket, GET, Writes.NOTHING);
    }

    boolean write(int ticket, String key) throws Exception {
      Writes writes = new Writes(List.of(key.getBytes(StandardCharsets.UTF_8)));
      return send(false, ticket, "*2 $4 INCR $1 " + key + " ", writes);
    }

    private void record(String what) {
      told.add(name + " " + what);
      if (then != null) {
        then.run();
      }
    }

    @Override
    public void answered(int ticket, byte[] reply) {
      record(ticket + ": " + new String(reply, StandardCharsets.US_ASCII).strip());
    }

    @Override
    public void answersEnd() {
      told.add(name + " end");
    }

    @Override
    public void lost(int ticket, boolean wasConnected) {
      record(ticket + ": lost" + (wasConnected ? " on the way" : ""));
    }

    @Override
    public void broken(Throwable fault) {
      told.add(name + " broken: " + fault.getMessage());
    }
  }

  private final Session a = new Session("a");
  private final Session b = new Session("b");

  @Test
  void requestsOfATurn_areSentTogetherAndAnsweredInOrder() throws Exception {
    open();
    assertEquals(0, loop.connections.size(), "opened by a request");
    assertTrue(a.send(7));
    assertTrue(b.send(8));
    assertTrue(a.send(9));
    assertEquals(1, loop.connections.size());
    loop.connect(0);
    assertEquals(GET + GET + GET, loop.sent(0));
    loop.reply(0, "+string +none ");
    assertEquals(List.of("a 7: +string", "b 8: +none", "a end", "b end"), told);
    told.clear();
    loop.reply(0, "$3 ab");
    assertEquals(List.of(), told);
    loop.reply(0, "c ");
    assertEquals(List.of("a 9: $3\r\nabc", "a end"), told);
    assertEquals(3, tally.total(Outcome.SHARED));
  }

  @Test
  void writes_areInvalidatedBeforeAnyReplyIsDelivered() throws Exception {
    open();
    a.write(1, "x");
    b.write(2, "y");
    loop.connect(0);
    loop.reply(0, ":1 :2 ");
    assertEquals(List.of("invalidate x y", "a 1: :1", "b 2: :2", "a end", "b end"), told);
  }

  @Test
  void greeting_comesFirst() throws Exception {
    open("redis.url", "redis://u:p@localhost:1/3");
    a.send(true, 1, GET, Writes.NOTHING);
    loop.connect(0);
    assertEquals("*3 $4 AUTH $1 u $1 p *2 $6 SELECT $1 3 *2 $5 HELLO $1 3 " + GET, loop.sent(0));
    loop.reply(0, "+OK +OK %1 $6 server $5 redis +none ");
    assertEquals(List.of("a 1: +none", "a end"), told);
  }

  @Test
  void requests_whenTheGreetingIsRefused_areLost() throws Exception {
    open("redis.url", "redis://u:p@localhost:1/0");
    a.send(1);
    loop.connect(0);
    loop.reply(0, "-WRONGPASS ");
    assertEquals(List.of("a 1: lost on the way"), told);
    assertFalse(loop.isOpen(0));
    assertTrue(a.send(2));
    assertEquals(2, loop.connections.size(), "the next request opens another");
  }

  @Test
  void lost_reportsWhetherRedisWasConnected() throws Exception {
    open();
    a.write(1, "x");
    loop.refuse(0);
    assertEquals(List.of("invalidate x", "a 1: lost"), told);
    told.clear();
    a.write(2, "y");
    loop.connect(1);
    loop.close(1);
    assertEquals(List.of("invalidate y", "a 2: lost on the way"), told);
  }

  /** A session may send more from within its callback. That goes over a new connection. */
  @Test
  void requestFromWithinLost_usesANewConnection() throws Exception {
    open();
    a.send(1);
    a.send(2);
    loop.connect(0);
    a.then =
        () -> {
          a.then = null;
          ByteBuf bytes = Unpooled.copiedBuffer("PING", StandardCharsets.US_ASCII);
          sharedConnections.send(false, bytes, 0, 4, Writes.NOTHING, b, 3);
        };
    loop.close(0);
    assertEquals(List.of("a 1: lost on the way", "a 2: lost on the way"), told);
    loop.connect(1);
    assertEquals("PING", loop.sent(1));
  }

  @Test
  void replyThatIsTooLong_closesTheConnection() throws Exception {
    open();
    a.send(1);
    loop.connect(0);
    loop.reply(0, "$70000 " + "x".repeat(66_000));
    assertEquals(List.of("a 1: lost on the way"), told);
    assertFalse(loop.isOpen(0));
  }

  @Test
  void replyWithoutARequest_closesTheConnection() throws Exception {
    open();
    a.send(1);
    loop.connect(0);
    loop.reply(0, "+none +none ");
    assertEquals(List.of("a 1: +none", "a end"), told);
    assertFalse(loop.isOpen(0));
  }

  @Test
  void sessionThatThrows_doesNotAffectOthers() throws Exception {
    open();
    a.then =
        () -> {
          throw new IllegalStateException("a fault");
        };
    a.send(1);
    b.send(2);
    loop.connect(0);
    loop.reply(0, "+x +y ");
    assertEquals(List.of("a 1: +x", "a broken: a fault", "b 2: +y", "a end", "b end"), told);
  }

  @Test
  void eachVersionOfResp_hasItsOwnConnection() throws Exception {
    open();
    a.send(1);
    a.send(true, 2, GET, Writes.NOTHING);
    assertEquals(2, loop.connections.size());
    loop.connect(0);
    loop.connect(1);
    assertEquals(GET, loop.sent(0));
    assertEquals("*2 $5 HELLO $1 3 " + GET, loop.sent(1));
  }

  /** Requests under way are answered; later requests use another connection. */
  @Test
  void renew_opensNewConnections() throws Exception {
    open();
    a.send(1);
    loop.connect(0);
    int before = sharedConnections.renewals();
    loop.run(sharedConnections::renew);
    assertEquals(before + 1, sharedConnections.renewals());
    b.send(2);
    assertEquals(2, loop.connections.size());
    loop.reply(0, "+x ");
    assertEquals(List.of("a 1: +x", "a end"), told);
  }

  @Test
  void pushes_areSkipped() throws Exception {
    open();
    a.send(1);
    loop.connect(0);
    loop.reply(0, ">1 $1 x +none ");
    assertEquals(List.of("a 1: +none", "a end"), told);
  }

  /** Redis refuses a write with READONLY, then accepts one. */
  @Test
  void writeAfterReadonly_reportsMoved() throws Exception {
    open();
    a.write(1, "x");
    loop.connect(0);
    loop.reply(0, "-READONLY ");
    told.clear();
    a.write(2, "y");
    loop.reply(0, ":1 ");
    assertEquals(List.of("moved", "invalidate y", "a 2: :1", "a end"), told);
  }

  /** The read that shows that the reply is too long also completes it. */
  @Test
  void replyThatIsTooLong_whenCompleteInTheSameRead_isLost() throws Exception {
    open();
    a.write(1, "x");
    loop.connect(0);
    loop.reply(0, "$70000 " + "x".repeat(40_000));
    loop.reply(0, "x".repeat(30_000) + " ");
    assertEquals(List.of("invalidate x", "a 1: lost on the way"), told);
  }
}
