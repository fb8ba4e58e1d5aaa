package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Outcome;

/**
 * Fuzzes the {@link ReplyFramer}. It finds the same ends of replies however the input is split.
 * Each step reads at least one byte. It holds little memory, whatever lengths were announced.
 */
public final class ReplyTarget extends FramedTarget {
  /** The framer keeps only one number for each level of nesting, at most twice. */
  private static final Allocation ALLOCATION = new Allocation(4_000, 16);

  public ReplyTarget() {
    super(ALLOCATION);
  }

  @Override
  public List<String> words() {
    return List.of(
        ("*,~,%,>,|,$,!,=,+,-,:,(,#,_,.,;,?,\r,\n,\r\n,0,1,2,3,9,\0,\377,*1\r\n,*2\r\n,*?\r\n,%1\r\n,|1\r\n"
                + ",>3\r\n,$?\r\n,;1\r\n,;0\r\n,.\r\n,$-1\r\n,*-1\r\n,_\r\n,$0\r\n\r\n,:0\r\n,+OK\r\n"
                + ",*100000000000000000\r\n,$100000000000000000\r\n,$9\r\nsubscribe\r\n")
            .split(","));
  }

  /** Ends with a zero, because the framer remembers the last integer. */
  @Override
  public Sample sample(Random random) {
    RandomReplies replies = new RandomReplies(random);
    for (int left = random.nextInt(4); left > 0; left--) {
      replies.add();
    }
    replies.add(0);
    return new Sample(replies.bytes(), new Outcome(replies.frames(), null));
  }

  @Override
  Outcome feed(List<byte[]> pieces) {
    ReplyFramer framer = new ReplyFramer();
    List<ReplyFrame> frames = new ArrayList<>();
    int length = 0;
    try {
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        while (in.isReadable()) {
          int from = in.readerIndex();
          boolean ended = framer.feed(in);
          length += in.readerIndex() - from;
          assertTrue(in.readerIndex() > from, "the framer read nothing");
          assertEquals(ended, framer.isBetween());
          assertFalse(!ended && in.isReadable(), "not read to its end");
          if (ended) {
            char type = (char) framer.type();
            frames.add(new ReplyFrame(length, type, framer.kind(), framer.lastInteger()));
            length = 0;
          }
        }
      }
      return new Outcome(frames, null);
    } catch (ProtocolError e) {
      return new Outcome(frames, e.getMessage());
    }
  }

  @Override
  void pass(byte[] input) {
    ReplyFramer framer = new ReplyFramer();
    ByteBuf in = Unpooled.wrappedBuffer(input);
    try {
      while (framer.feed(in)) {
        // Reads the next reply.
      }
    } catch (ProtocolError e) {
      // Broken input ends with an error.
    }
  }
}
