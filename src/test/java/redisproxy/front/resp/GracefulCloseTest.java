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

/** How a connection ends that the proxy ends. */
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
  void whatWasWritten_leavesBeforeTheEnd() {
    write();
    close.begin();
    assertEquals("last ", Loop.sent(socket));
    assertTrue(socket.isOutputShutdown() && socket.isOpen());
  }

  @Test
  void clientThatHasEndedItsSide_isClosedAtOnce() {
    socket.endInput();
    close.begin();
    assertFalse(socket.isOpen());
  }

  @Test
  void clientThatSeesTheEnd_hasASecondToGo() {
    close.begin();
    socket.pass(999);
    assertTrue(socket.isOpen());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  /** Or it would not be seen to go. */
  @Test
  void clientThatIsToGo_isRead() {
    socket.config().setAutoRead(false);
    close.begin();
    assertTrue(socket.config().isAutoRead());
  }

  @Test
  void clientThatDoesNotReadItsLast_hasTenSeconds() {
    socket.takes(false);
    write();
    close.begin();
    socket.pass(9_999);
    assertTrue(socket.isOpen() && !socket.isOutputShutdown());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  @Test
  void clientThatReadsItsLastLate_hasASecondFromThen() {
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
  void whatPutsItOff_givesTenSecondsMore() {
    close.putOff();
    socket.pass(9_999);
    close.putOff();
    socket.pass(9_999);
    assertTrue(socket.isOpen() && !socket.isOutputShutdown());
    socket.pass(1);
    assertFalse(socket.isOpen());
  }

  @Test
  void clientThatIsGone_isCutOffNoMore() {
    close.putOff();
    close.over();
    socket.pass(20_000);
    assertTrue(socket.isOpen());
    close.over();
  }
}
