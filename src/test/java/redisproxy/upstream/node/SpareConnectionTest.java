package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.net.NetSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Sockets;
import redisproxy.upstream.VirtualTime;

/** The connection that waits for the next session that needs one, without a socket. */
class SpareConnectionTest {
  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Sockets sockets = loop.sockets;
  private SpareConnection spare;

  @BeforeEach
  void start() throws Exception {
    spare = loop.call(() -> new SpareConnection(time.vertx, sockets::connect));
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private NetSocket take() throws Exception {
    return loop.call(spare::take);
  }

  private void replace() throws Exception {
    loop.run(spare::replace);
  }

  /** Opens a spare connection; it becomes the socket with this index. */
  private void openSpare(int index) throws Exception {
    replace();
    sockets.make(index);
  }

  private void assertDropped(int index) throws Exception {
    assertFalse(sockets.isOpen(index));
    assertNull(take());
    assertEquals(0, time.pending());
    openSpare(index + 1);
    assertNotNull(take(), "the next one waits in its place");
  }

  @Test
  void replace_opensOneConnectionAfterTheTurn() throws Exception {
    int atOnce =
        loop.call(
            () -> {
              spare.replace();
              spare.replace();
              return sockets.asked();
            });
    assertEquals(0, atOnce);
    assertEquals(1, sockets.asked(), "two calls request one socket");
    assertNull(take(), "not connected yet");
  }

  @Test
  void take_returnsTheConnectionOnce() throws Exception {
    openSpare(0);
    replace();
    assertEquals(1, sockets.asked(), "one waits already");
    assertNotNull(take());
    assertNull(take());
    assertTrue(sockets.isOpen(0));
    assertEquals("", sockets.sent(0));
    assertEquals(0, time.pending(), "no timer closes it any more");
  }

  @Test
  void replace_afterAFailure_triesAgain() throws Exception {
    replace();
    sockets.refuse(0);
    assertNull(take());
    assertEquals(1, sockets.asked(), "no retry without a call");
    openSpare(1);
    assertNotNull(take());
  }

  @Test
  void spare_whenRedisClosesIt_isDropped() throws Exception {
    openSpare(0);
    sockets.close(0);
    assertDropped(0);
  }

  /** Redis sends an error over a new connection if there are too many clients. */
  @Test
  void spare_whenRedisSendsAnything_isDropped() throws Exception {
    openSpare(0);
    sockets.reply(0, "-ERR ");
    assertDropped(0);
  }

  @Test
  void spare_afterTenSeconds_isDropped() throws Exception {
    openSpare(0);
    time.pass(9_999);
    assertTrue(sockets.isOpen(0));
    time.pass(1);
    assertDropped(0);
  }

  @Test
  void drop_closesTheSpare() throws Exception {
    loop.run(spare::drop);
    openSpare(0);
    loop.run(spare::drop);
    assertDropped(0);
  }

  /** Events of a connection that was taken must not affect the next spare. */
  @Test
  void takenConnection_doesNotCloseTheNextSpare() throws Exception {
    openSpare(0);
    take();
    openSpare(1);
    sockets.reply(0, "+OK ");
    assertTrue(sockets.isOpen(0));
    sockets.close(0);
    assertTrue(sockets.isOpen(1));
    assertNotNull(take());
  }
}
