package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random replies, whole and broken, cut at random places. */
class ReplyFramerRandomTest {
  private static final long SEED = Long.getLong("test.seed", 20_264);
  private static final String AGGREGATES = "*~%>";
  private static final int MAX_ALLOCATED = 8_000;

  private final Random random = new Random(SEED);
  private final Damage damage = new Damage(random, "*~%>|$!=+-:,(#_.;?\r\n0123456789-\0\377");

  /** Where a reply ends and what the framer says of it there. */
  private record Frame(int end, char type, String kind, long lastInteger) {}

  /** An element of a reply; the text is that of a bulk string, else empty. */
  private record Element(char type, String text) {}

  /** Writes random replies and notes where they end. */
  private final class Generator {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Frame> frames = new ArrayList<>();
    private long lastInteger;

    void reply() {
      Element reply = element(0, true);
      String kind = reply.type == '*' || reply.type == '>' ? reply.text : "";
      kind = kind.substring(0, Math.min(16, kind.length()));
      frames.add(new Frame(out.size(), reply.type, kind, lastInteger));
    }

    private void write(String text) {
      out.writeBytes(Requests.bytes(text));
    }

    private Element element(int depth, boolean mayHaveAttribute) {
      if (mayHaveAttribute && random.nextInt(10) == 0) {
        aggregate('|', depth);
      }
      if (depth < 6 && random.nextInt(depth < 2 ? 2 : 3) == 0) {
        return aggregate(AGGREGATES.charAt(random.nextInt(AGGREGATES.length())), depth);
      }
      switch (random.nextInt(11)) {
        case 0:
          return line("+" + text(random.nextInt(20)).replace('\n', ' ').replace('\r', ' '));
        case 1:
          return line("-ERR " + random.nextInt());
        case 2:
          return line(",-" + random.nextDouble());
        case 3:
          return line("(-12345678901234567890" + random.nextInt(1000));
        case 4:
          return line(random.nextBoolean() ? "#t" : "_");
        case 5:
          return line(random.nextBoolean() ? "$-1" : "*-1");
        case 6:
          return bulk(random.nextBoolean() ? '!' : '=', "txt:" + text(random.nextInt(20)));
        case 7:
          return streamedString();
        case 8, 9:
          return bulk('$', text(random.nextInt(random.nextInt(50) == 0 ? 3000 : 24)));
        default:
          lastInteger = random.nextLong() >> random.nextInt(64);
          return line(":" + lastInteger);
      }
    }

    private String text(int length) {
      byte[] bytes = new byte[length];
      for (int i = 0; i < length; i++) {
        bytes[i] = (byte) (random.nextInt(4) == 0 ? "\r\n$*;.".charAt(random.nextInt(6)) : 'a');
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private Element line(String line) {
      write(line + "\r\n");
      return new Element(line.charAt(0), "");
    }

    private Element bulk(char type, String text) {
      write(type + "" + text.length() + "\r\n" + text + "\r\n");
      return new Element(type, type == '$' ? text : "");
    }

    private Element streamedString() {
      StringBuilder all = new StringBuilder();
      write("$?\r\n");
      for (int left = random.nextInt(4); left > 0; left--) {
        String chunk = text(1 + random.nextInt(12));
        write(";" + chunk.length() + "\r\n" + chunk + "\r\n");
        all.append(chunk);
      }
      write(";0\r\n");
      return new Element('$', all.toString());
    }

    /** Its text is that of its first element, if that is a string. */
    private Element aggregate(char type, int depth) {
      boolean isStreamed = random.nextInt(4) == 0;
      int count = random.nextInt(random.nextInt(20) == 0 ? 30 : 4);
      write(type + (isStreamed ? "?" : "" + count) + "\r\n");
      Element first = new Element(' ', "");
      int elements = type == '%' || type == '|' ? 2 * count : count;
      for (int i = 0; i < elements; i++) {
        Element element = element(depth + 1, true);
        first = i == 0 ? element : first;
      }
      if (isStreamed) {
        write(".\r\n");
      }
      return new Element(type, first.type == '$' ? first.text : "");
    }
  }

  @Test
  @Timeout(60)
  void feed_ofRandomRepliesCutAnywhere_endsWhereTheyEnd() {
    int read = 0;
    for (int round = 0; read < 20_000; round++) {
      Generator generator = new Generator();
      for (int left = 1 + random.nextInt(4); left > 0; left--) {
        generator.reply();
      }
      byte[] bytes = generator.out.toByteArray();
      int[] places = damage.places(bytes.length);
      String context = "-Dtest.seed=" + SEED + ", round " + round;
      List<Frame> frames = new ArrayList<>();
      assertEquals("", feed(Requests.cut(bytes, places), frames), context);
      assertEquals(generator.frames, frames, context);
      read += frames.size();
    }
  }

  /**
   * Replies with bytes changed, dropped, doubled and added. Whatever comes of them comes of them
   * again when they are cut elsewhere, and at no expense.
   */
  @Test
  @Timeout(120)
  void feed_ofBrokenReplies_failsWithAProtocolErrorOrNotAtAll() {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int errors = 0;
    int read = 0;
    for (int round = 0; round < 200_000; round++) {
      Generator generator = new Generator();
      generator.reply();
      byte[] input = damage.mutate(generator.out.toByteArray());
      try {
        List<Frame> frames = new ArrayList<>();
        String error = feed(List.of(input), frames);
        List<Frame> again = new ArrayList<>();
        assertEquals(error, feed(Requests.cut(input, damage.places(input.length)), again));
        assertEquals(frames, again);
        long allocated = allocated(thread, Unpooled.wrappedBuffer(input));
        assertTrue(round < 1000 || allocated < MAX_ALLOCATED, allocated + " bytes allocated");
        errors += error.isEmpty() ? 0 : 1;
        read += frames.size();
      } catch (Throwable e) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        throw new AssertionError("-Dtest.seed=" + SEED + ", round " + round + ": " + text, e);
      }
    }
    assertTrue(errors > 10_000 && read > 10_000, errors + " errors, " + read + " replies");
  }

  @Test
  void feed_ofTheDeepestAndLargestReplyAnnounced_allocatesLittle() {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    String head = "*100000000000000000\r\n";
    byte[] input = Requests.bytes(head.repeat(255) + "$100000000000000000\r\nab");
    long allocated = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // the first time classes are loaded
      allocated = Math.min(allocated, allocated(thread, Unpooled.wrappedBuffer(input)));
    }
    assertTrue(allocated < MAX_ALLOCATED, allocated + " bytes allocated");
  }

  /** What it takes to feed an input, in bytes. */
  private static long allocated(ThreadMXBean thread, ByteBuf in) {
    long before = thread.getCurrentThreadAllocatedBytes();
    ReplyFramer framer = new ReplyFramer();
    try {
      while (framer.feed(in)) {
        // on to the next one
      }
    } catch (ProtocolError e) {
      // that is what it is for
    }
    return thread.getCurrentThreadAllocatedBytes() - before;
  }

  /** Notes the frames in the pieces put together; returns the error that ended it, if any. */
  private static String feed(List<byte[]> pieces, List<Frame> frames) {
    ReplyFramer framer = new ReplyFramer();
    int before = 0;
    try {
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        while (in.isReadable()) {
          int from = in.readerIndex();
          boolean ended = framer.feed(in);
          assertTrue(in.readerIndex() > from, "no step forward");
          assertEquals(ended, framer.isBetween());
          if (ended) {
            int end = before + in.readerIndex();
            char type = (char) framer.type();
            frames.add(new Frame(end, type, framer.kind(), framer.lastInteger()));
          } else {
            assertFalse(in.isReadable(), "not read to its end");
          }
        }
        before += piece.length;
      }
      return "";
    } catch (ProtocolError e) {
      return e.getMessage();
    }
  }
}
