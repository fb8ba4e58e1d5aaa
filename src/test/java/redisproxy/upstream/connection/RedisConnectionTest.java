package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a connection carries bytes, and how it ends. */
class RedisConnectionTest {
  private static final int MAX_PENDING = 1000;

  private final List<String> told = new ArrayList<>();
  private boolean closeWhenTold;
  private Throwable cause;
  private int open;
  private final RedisConnection connection =
      new RedisConnection(new Told(), MAX_PENDING, new Count());
  private EmbeddedChannel channel = new EmbeddedChannel();

  private final class Told implements RedisConnection.Receiver {
    @Override
    public void received(ByteBuf data) {
      told.add(data.toString(StandardCharsets.US_ASCII));
      data.release();
      if (closeWhenTold) {
        connection.close();
      }
    }

    @Override
    public void receivedAll() {
      told.add("all");
    }

    @Override
    public void writable() {
      told.add("writable");
    }

    @Override
    public void lost(Throwable why) {
      told.add("lost");
      cause = why;
    }
  }

  private final class Count implements RedisConnection.Observer {
    @Override
    public void opened() {
      open++;
    }

    @Override
    public void closed() {
      open--;
    }
  }

  @AfterEach
  void assertNoBytesAreLeft() {
    assertFalse(channel.finishAndReleaseAll() && channel.isOpen());
  }

  private void connect() {
    connect(new EmbeddedChannel());
  }

  private void connect(EmbeddedChannel socket) {
    channel = socket;
    channel.pipeline().addLast(connection);
    connection.opened();
  }

  /** What was sent before the output ended. */
  private String sentBeforeTheEnd() {
    return ((DuplexSocket) channel).sentBeforeTheEnd;
  }

  /** A channel whose output can be shut down. */
  private final class DuplexSocket extends EmbeddedChannel implements DuplexChannel {
    private String sentBeforeTheEnd;

    @Override
    public ChannelFuture shutdownOutput() {
      sentBeforeTheEnd = sent();
      return newSucceededFuture();
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ChannelFuture shutdownInput() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ChannelFuture shutdown() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isInputShutdown() {
      return false;
    }

    @Override
    public boolean isOutputShutdown() {
      return sentBeforeTheEnd != null;
    }

    @Override
    public boolean isShutdown() {
      return false;
    }
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private String sent() {
    StringBuilder all = new StringBuilder();
    for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
      all.append(next.toString(StandardCharsets.US_ASCII));
      next.release();
    }
    return all.toString();
  }

  @Test
  void bytesWrittenBeforeOpening_areSentFirst() {
    connection.write(buffer("AUTH "));
    connection.write(buffer("GET "));
    connection.flush();
    assertFalse(connection.isConnected());
    assertFalse(connection.isWritable());
    connect();
    assertEquals("AUTH GET ", sent());
    assertEquals(List.of("writable"), told);
    assertTrue(connection.isConnected());
    connection.write(buffer("SET "));
    assertEquals("", sent(), "not sent before the flush");
    connection.flush();
    assertEquals("SET ", sent());
    assertEquals(1, open);
  }

  @Test
  void receivedBytes_reachTheReceiver() {
    connect();
    channel.writeInbound(buffer("+OK"), buffer("+PONG"));
    assertEquals(List.of("writable", "+OK", "+PONG", "all"), told);
  }

  @Test
  void closeByRedis_isReportedOnce() {
    connect();
    channel.close();
    assertEquals(List.of("writable", "lost"), told);
    assertNull(cause);
    assertEquals(0, open);
    ByteBuf late = buffer("late");
    connection.write(late);
    assertEquals(0, late.refCnt());
  }

  @Test
  void unreachable_isReportedAsALoss() {
    ByteBuf waiting = buffer("GET");
    connection.write(waiting);
    ConnectException refused = new ConnectException("refused");
    connection.unreachable(refused);
    assertEquals(List.of("lost"), told);
    assertSame(refused, cause);
    assertEquals(0, waiting.refCnt());
    assertFalse(connection.isConnected());
    assertEquals(0, open);
  }

  @Test
  void close_silencesTheReceiver() {
    connect();
    told.clear();
    assertTrue(connection.close().isComplete());
    assertFalse(channel.isOpen());
    connection.flush();
    assertEquals(List.of(), told);
    assertEquals(0, open);
  }

  @Test
  void close_beforeOpening_sendsNothing() {
    ByteBuf waiting = buffer("GET");
    connection.write(waiting);
    assertTrue(connection.close().succeeded());
    assertEquals(0, waiting.refCnt());
    assertEquals(List.of(), told);
  }

  /** A write fails while the error that Redis sent before closing is still unread. */
  @Test
  void afterAFailedWrite_redissErrorIsStillRead() {
    connect();
    IOException reset = new IOException("reset");
    channel.pipeline().fireExceptionCaught(reset);
    channel.pipeline().fireExceptionCaught(new ClosedChannelException());
    assertTrue(channel.isOpen());
    channel.writeInbound(buffer("-ERR"));
    assertEquals(List.of("writable", "-ERR", "all"), told);
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertFalse(channel.isOpen());
    assertEquals(List.of("writable", "-ERR", "all", "lost"), told);
  }

  @Test
  void faultOfTheProxy_closesTheConnection() {
    connect();
    IllegalStateException fault = new IllegalStateException("a fault");
    channel.pipeline().fireExceptionCaught(fault);
    assertFalse(channel.isOpen());
    assertSame(fault, cause);
  }

  @Test
  void reading_isPausedAndResumed() {
    connect();
    connection.setReading(false);
    assertFalse(channel.config().isAutoRead());
    connection.setReading(true);
    assertTrue(channel.config().isAutoRead());
  }

  /** The limit counts bytes that were written and are not sent yet. */
  @Test
  void isWritable_withTooManyUnsentBytes_isFalse() {
    connect();
    told.clear();
    connection.write(buffer("x".repeat(MAX_PENDING + 1)));
    assertFalse(connection.isWritable());
    connection.flush();
    assertTrue(connection.isWritable());
    assertEquals(MAX_PENDING + 1, sent().length());
    assertTrue(told.contains("writable"));
  }

  /** Written bytes are sent before the output ends. */
  @Test
  void endOutput_endsAfterTheWrittenBytes() {
    connect(new DuplexSocket());
    connection.setReading(false);
    connection.write(buffer("QUIT"));
    connection.endOutput();
    assertEquals("QUIT", sentBeforeTheEnd());
    assertTrue(channel.config().isAutoRead(), "replies are read again");
    channel.writeInbound(buffer("+OK"));
    assertEquals(List.of("writable", "+OK", "all"), told);
  }

  @Test
  void endOutput_beforeOpening_endsAfterTheWaitingBytes() {
    connection.write(buffer("QUIT"));
    connection.endOutput();
    connect(new DuplexSocket());
    assertEquals("QUIT", sentBeforeTheEnd());
  }

  @Test
  void endOutput_afterClose_doesNothing() {
    connect(new DuplexSocket());
    connection.close();
    connection.endOutput();
    assertNull(((DuplexSocket) channel).sentBeforeTheEnd);
  }

  /**
   * The channel may deliver more after the receiver has closed it. The receiver gets none of it.
   */
  @Test
  void closeByTheReceiver_silencesTheReceiver() {
    connect();
    closeWhenTold = true;
    ByteBuf first = buffer("+OK");
    ByteBuf second = buffer("+MORE");
    ChannelHandlerContext context = channel.pipeline().context(connection);
    connection.channelRead(context, first);
    connection.channelRead(context, second);
    connection.channelReadComplete(context);
    connection.channelWritabilityChanged(context);
    assertEquals(List.of("writable", "+OK"), told);
    assertEquals(0, first.refCnt() + second.refCnt());
    ByteBuf late = buffer("GET");
    connection.write(late);
    assertEquals(0, late.refCnt());
    assertTrue(connection.close().isComplete(), "a second close is allowed");
  }

  /** Vert.x must learn that its socket is closed. */
  @Test
  void channelInactive_isPassedOn() {
    connect();
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelInactive(ChannelHandlerContext ctx) {
                told.add("closed");
              }
            });
    channel.close();
    assertEquals(List.of("writable", "lost", "closed"), told);
  }

  @Test
  void badTlsRecord_closesAtOnce() {
    connect();
    DecoderException failure = new DecoderException(new SSLException("bad record"));
    channel.pipeline().fireExceptionCaught(failure);
    assertFalse(channel.isOpen());
    assertSame(failure, cause);
    assertEquals(List.of("writable", "lost"), told);
  }

  @Test
  void lossAfterAFailedWrite_hasTheWriteFailureAsCause() {
    connect();
    IOException reset = new IOException("reset");
    channel.pipeline().fireExceptionCaught(reset);
    channel.close();
    assertSame(reset, cause);
    assertEquals(List.of("writable", "lost"), told);
  }

  @Test
  void afterAFailedWrite_readingLastsOneSecond() {
    connect();
    channel.freezeTime();
    channel.pipeline().fireExceptionCaught(new IOException("reset"));
    channel.advanceTimeBy(999, TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
    assertTrue(channel.isOpen());
    channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
    assertFalse(channel.isOpen());
  }

  @Test
  void callsBeforeOpening_doNothing() {
    assertFalse(connection.keepAlive());
    connection.setReading(false);
    connection.flush();
    connect();
    assertTrue(channel.config().isAutoRead());
    assertEquals("", sent());
  }

  @Test
  void keepAlive_onAnIdleConnection_sendsOnePing() {
    connect();
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(connection::keepAlive);
    assertEquals("*1\r\n$4\r\nPING\r\n", sent());
    connection.close();
    assertFalse(connection.keepAlive());
  }

  @Test
  void keepAlive_justAfterUse_sendsNothing() {
    connect();
    connection.flush();
    assertFalse(connection.keepAlive());
    assertEquals("", sent());
  }
}
