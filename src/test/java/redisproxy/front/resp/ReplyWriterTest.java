package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redisproxy.upstream.FakeSocket;

/** Which replies leave as one buffer. */
class ReplyWriterTest {
  private static final int COPIED = 8 * 1024;
  private static final int GATHERED = 64 * 1024;

  private final ClientConnection connection = new ClientConnection();
  private final FakeSocket socket = new FakeSocket(connection);
  private final ReplyWriter writer = writer();

  private ReplyWriter writer() {
    connection.receiver(new SilentClient());
    return new ReplyWriter(connection);
  }

  @AfterEach
  void stop() {
    writer.close();
    socket.finishAndReleaseAll();
  }

  private void add(int length) {
    writer.add(new byte[length + 2], 1, length, 0);
  }

  /** The sizes of the buffers that have left. */
  private List<Integer> left() {
    List<Integer> sizes = new ArrayList<>();
    for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
      sizes.add(out.readableBytes());
      out.release();
    }
    return sizes;
  }

  @Test
  void smallReplies_leaveTogether_whenTheyAreFlushed() {
    assertTrue(writer.isFlushed());
    add(5);
    add(7);
    assertFalse(writer.isFlushed());
    assertEquals(List.of(), left());
    writer.flush();
    assertTrue(writer.isFlushed());
    assertEquals(List.of(12), left());
  }

  @Test
  void flush_whenNothingWasAdded_writesNothing() {
    writer.flush();
    assertEquals(List.of(), left());
  }

  @Test
  void largeReply_leavesInItsOwnBuffer_inOrder() {
    add(5);
    add(COPIED);
    add(7);
    writer.flush();
    assertEquals(List.of(5, COPIED, 7), left());
  }

  @Test
  void replyJustBelowTheLimit_isCopied() {
    add(5);
    add(COPIED - 1);
    writer.flush();
    assertEquals(List.of(COPIED + 4), left());
  }

  @Test
  void manySmallReplies_leaveInBuffersOfLimitedSize() {
    int each = COPIED - 1;
    for (int i = 0; i < 10; i++) {
      add(each);
    }
    writer.flush();
    int full = each * 9;
    assertTrue(full >= GATHERED && full - each < GATHERED);
    assertEquals(List.of(full, each), left());
  }

  /** Many clients may each wait for a few bytes. */
  @Test
  void buffer_isNoLargerThanTheExpectedReplies() {
    writer.add(new byte[5], 0, 5, 0);
    writer.flush();
    ByteBuf small = socket.readOutbound();
    assertEquals(256, small.capacity());
    small.release();
    writer.add(new byte[5], 0, 5, 1000);
    writer.flush();
    ByteBuf larger = socket.readOutbound();
    assertTrue(larger.capacity() >= 1005 && larger.capacity() < 4096);
    larger.release();
    writer.add(new byte[5], 0, 5, 1L << 40);
    writer.flush();
    ByteBuf largest = socket.readOutbound();
    assertEquals(GATHERED, largest.capacity());
    largest.release();
  }

  @Test
  void write_doesNotFlush() {
    add(5);
    writer.write();
    assertFalse(writer.isFlushed());
    assertEquals(List.of(), left());
    writer.flush();
    assertEquals(List.of(5), left());
  }

  @Test
  void close_dropsGatheredReplies() {
    add(5);
    writer.close();
    writer.flush();
    assertEquals(List.of(), left());
  }
}
