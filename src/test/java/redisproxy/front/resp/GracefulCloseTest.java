package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.upstream.FakeSocket;
import redisproxy.upstream.Loop;

/** How the proxy closes a client's connection. */
class GracefulCloseTest {
  private final ChannelInboundHandlerAdapter handler = new ChannelInboundHandlerAdapter();
  private final FakeSocket socket = new FakeSocket(handler);
  private final GracefulClose close = new GracefulClose(socket.pipeline().context(handler));

  @AfterEach
  void stop() {
    socket.finishAndReleaseAll();
  }

  private void write() {
    socket.write(Unpooled.copiedBuffer("last ", StandardCharsets.US_ASCII));
  }

  @Test
  void writtenBytes_leaveBeforeTheEnd() {
    write();
    close.begin();
    assertEquals("last ", Loop.sent(socket));
    assertTrue(socket.isOutputShutdown() && socket.isOpen());
  }

  @Test
  void clientThatEndedItsOutput_isClosedAtOnce() {
    socket.endInput();
    close.begin();
    assertFalse(socket.isOpen());
  }

  @Test
  void clientThatSeesTheEnd_hasOneSecondToClose() {
    close.begin();
    socket.pass(999);
    assertTrue(socket.isOpen());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  /** Otherwise the proxy would not notice that the client closes. */
  @Test
  void begin_resumesReading() {
    socket.config().setAutoRead(false);
    close.begin();
    assertTrue(socket.config().isAutoRead());
  }

  @Test
  void clientThatDoesNotReadItsLastReplies_hasTenSeconds() {
    socket.takes(false);
    write();
    close.begin();
    socket.pass(9_999);
    assertTrue(socket.isOpen() && !socket.isOutputShutdown());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  @Test
  void clientThatReadsItsLastRepliesLate_hasOneSecondFromThen() {
    socket.takes(false);
    write();
    close.begin();
    socket.pass(9_500);
    socket.takes(true);
    assertTrue(socket.isOutputShutdown());
    socket.pass(999);
    assertTrue(socket.isOpen());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  @Test
  void defer_givesTenMoreSeconds() {
    close.defer();
    socket.pass(9_999);
    close.defer();
    socket.pass(9_999);
    assertTrue(socket.isOpen() && !socket.isOutputShutdown());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  @Test
  void cancel_stopsTheTimeout() {
    close.defer();
    close.cancel();
    socket.pass(20_000);
    assertTrue(socket.isOpen());
    close.cancel();
  }
}
