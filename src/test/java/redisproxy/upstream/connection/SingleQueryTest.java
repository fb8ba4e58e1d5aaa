package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.upstream.Loop;

/** A single question over a new connection, without a socket. */
class SingleQueryTest {
  private static final String REQUEST = "*1 $4 PING ";

  private final Loop loop = new Loop();
  private Future<String> answer;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void ask(String... settings) throws Exception {
    Transport transport = loop.transport(settings);
    Buffer request = Buffer.buffer(REQUEST.replace(" ", "\r\n"));
    answer = loop.call(() -> SingleQuery.ask(transport, request));
  }

  private void askConnected() throws Exception {
    ask();
    loop.connect(0);
    assertEquals(REQUEST, loop.sent(0));
    assertFalse(answer.isComplete());
  }

  private void assertFailed(String reason) throws Exception {
    assertTrue(answer.failed());
    assertEquals(reason, answer.cause().getMessage());
    assertFalse(loop.isOpen(0));
  }

  @Test
  void reply_includesLineEnds_andClosesTheConnection() throws Exception {
    askConnected();
    loop.reply(0, "$3 ab");
    assertFalse(answer.isComplete());
    loop.reply(0, "c +more ");
    assertEquals("$3\r\nabc\r\n", answer.result());
    assertFalse(loop.isOpen(0));
  }

  @Test
  void reply_hasOneCharacterForEachByte() throws Exception {
    askConnected();
    ByteBuf reply = Unpooled.wrappedBuffer(new byte[] {'+', (byte) 0xff, (byte) 0xc3, '\r', '\n'});
    loop.reply(0, List.of(reply));
    assertEquals("+\u00ff\u00c3\r\n", answer.result());
    assertEquals(0, reply.refCnt());
  }

  @Test
  void ask_whenTheReplyIsNotResp_fails() throws Exception {
    askConnected();
    ByteBuf reply = Unpooled.copiedBuffer("HTTP/1.1 400\r\n", StandardCharsets.US_ASCII);
    loop.reply(0, List.of(reply));
    assertFailed("ERR Protocol error: bad length in a reply");
    assertEquals(0, reply.refCnt());
  }

  @Test
  void ask_whenTheReplyIsTooLong_fails() throws Exception {
    askConnected();
    loop.reply(0, "$100000 " + "x".repeat(PendingReplies.SHORT));
    assertFailed("ERR Protocol error: a reply of more than 65536 bytes");
  }

  @Test
  void ask_whenRedisCloses_fails() throws Exception {
    askConnected();
    loop.close(0);
    assertFailed("the connection was closed");
  }

  @Test
  void ask_whenRedisIsUnreachable_failsWithTheCause() throws Exception {
    ask();
    loop.refuse(0);
    assertEquals("refused", answer.cause().getMessage());
  }

  @Test
  void ask_whenRedisIsSilent_failsAfterTheLoadTimeout() throws Exception {
    ask("redis.load-timeout", "50ms");
    loop.connect(0);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
    assertTrue(answer.failed());
  }

  /** The caller's code must run on the event loop. */
  @Test
  void ask_whenRedisIsSilent_failsOnTheEventLoop() throws Exception {
    CompletableFuture<Thread> told = new CompletableFuture<>();
    ask("redis.load-timeout", "50ms");
    answer.onComplete(over -> told.complete(Thread.currentThread()));
    assertSame(loop.call(Thread::currentThread), told.get(10, TimeUnit.SECONDS));
  }
}
