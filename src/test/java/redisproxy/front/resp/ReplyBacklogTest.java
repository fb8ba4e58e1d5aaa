package redisproxy.front.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyBacklogTest {
  private final ReplyBacklog backlog = new ReplyBacklog();

  private void add(String text) {
    ByteBuf data = Unpooled.copiedBuffer(text, ISO_8859_1);
    backlog.add(data);
    assertFalse(data.isReadable());
  }

  private String take(int most) {
    ByteBuf taken = backlog.take(ByteBufAllocator.DEFAULT, most);
    try {
      assertTrue(taken.readableBytes() <= most);
      return taken.toString(ISO_8859_1);
    } finally {
      taken.release();
    }
  }

  private String takeAll(int most) {
    StringBuilder all = new StringBuilder();
    while (!backlog.isEmpty()) {
      all.append(take(most));
    }
    assertEquals(0, backlog.held());
    return all.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"+OK\r\n", ":1\r\n", "$-1\r\n", "_\r\n", "-ERR no\r\n"})
  void aMillionEqualReplies_costAlmostNoMemory(String reply) {
    for (int i = 0; i < 100; i++) {
      add(reply.repeat(10_000));
    }
    assertTrue(backlog.held() < 10_000, () -> "held " + backlog.held());
    assertEquals(reply.repeat(1_000_000), takeAll(64 * 1024));
  }

  @Test
  void equalReplies_addedOneByOne_costAlmostNoMemory() {
    for (int i = 0; i < 100_000; i++) {
      add("+OK\r\n");
    }
    assertTrue(backlog.held() < 10_000, () -> "held " + backlog.held());
    assertEquals("+OK\r\n".repeat(100_000), takeAll(1000));
  }

  @Test
  void differentReplies_countTheirMemory() {
    for (int i = 0; i < 10_000; i++) {
      add(":" + i + "\r\n");
    }
    assertTrue(backlog.held() >= 68_890, () -> "held " + backlog.held());
    assertTrue(backlog.held() < 2 * 68_890, () -> "held " + backlog.held());
  }

  @Test
  void longLines_areKeptUnchanged() {
    String line = "x".repeat(64) + "\r\n";
    add(line.repeat(100));
    assertTrue(backlog.held() >= 100 * line.length());
    assertEquals(line.repeat(100), takeAll(7));
  }

  @Test
  void repliesSplitAnywhere_areReturnedInOrder() {
    Random random = new Random(1);
    String[] parts = {"+OK\r\n", ":1\r\n", "$3\r\nabc\r\n", "x".repeat(5000), "\n", "\r", ""};
    for (int round = 0; round < 300; round++) {
      StringBuilder expected = new StringBuilder();
      StringBuilder got = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        String text = parts[random.nextInt(parts.length)].repeat(random.nextInt(30));
        expected.append(text);
        int cut = random.nextInt(text.length() + 1);
        add(text.substring(0, cut));
        if (!backlog.isEmpty() && random.nextInt(3) == 0) {
          got.append(take(1 + random.nextInt(9000)));
        }
        add(text.substring(cut));
      }
      assertEquals(expected.toString(), got + takeAll(1 + random.nextInt(9000)));
    }
  }

  @Test
  void clear_removesEverything() {
    add("+OK\r\n".repeat(100) + "rest");
    backlog.clear();
    assertTrue(backlog.isEmpty());
    assertEquals(0, ReplyBacklog.bytes(backlog) + ReplyBacklog.bytes(null));
    add("+OK\r\n");
    assertEquals("+OK\r\n", takeAll(100));
  }
}
