package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of the bytes of a connection, and how it ends. */
class RedisConnectionTest {
  private static final int MAX_PENDING = 1000;

  private final List<String> told = new ArrayList<>();
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
  void noBytesAreLeft() {
    assertFalse(channel.finishAndReleaseAll() && channel.isOpen());
  }

  private void connect() {
    channel = new EmbeddedChannel(connection);
    connection.opened();
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
  void whatIsWrittenBeforeItIsOpen_leavesFirst() {
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
    assertEquals("", sent(), "until it is flushed");
    connection.flush();
    assertEquals("SET ", sent());
    assertEquals(1, open);
  }

  @Test
  void whatComes_isTold() {
    connect();
    channel.writeInbound(buffer("+OK"), buffer("+PONG"));
    assertEquals(List.of("writable", "+OK", "+PONG", "all"), told);
  }

  @Test
  void connectionThatRedisCloses_isLostOnce() {
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
  void connectionThatIsNotMade_isLost() {
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
  void closedConnection_isToldNothingMore() {
    connect();
    told.clear();
    assertTrue(connection.close().isComplete());
    assertFalse(channel.isOpen());
    connection.flush();
    assertEquals(List.of(), told);
    assertEquals(0, open);
  }

  @Test
  void closedBeforeItIsOpen_sendsNothing() {
    ByteBuf waiting = buffer("GET");
    connection.write(waiting);
    assertTrue(connection.close().succeeded());
    assertEquals(0, waiting.refCnt());
    assertEquals(List.of(), told);
  }

  /** A write fails while the error that Redis sent before it closed is still to be read. */
  @Test
  void failedWrite_leavesWhatRedisSaidToBeRead() {
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
  void faultOfTheProxy_endsIt() {
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

  /** Bytes that were written and have not left. */
  @Test
  void connectionWithManyBytesToSend_isNotWritable() {
    connect();
    told.clear();
    connection.write(buffer("x".repeat(MAX_PENDING + 1)));
    assertFalse(connection.isWritable());
    connection.flush();
    assertTrue(connection.isWritable());
    assertEquals(MAX_PENDING + 1, sent().length());
    assertTrue(told.contains("writable"));
  }

  @Test
  void connectionJustUsed_needsNoPing() {
    connect();
    connection.flush();
    assertFalse(connection.keepAlive());
    assertEquals("", sent());
  }
}
