package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import redisproxy.command.Requests;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Outcome;

/**
 * Fuzzes the {@link FeedParser}. It reports the same however the input is split, and only keys that
 * arrived. Each step reads at least one byte. It holds one key at most, whatever lengths were
 * announced.
 */
public final class FeedTarget extends FramedTarget {
  private static final String PUSH = ">2\r\n$10\r\ninvalidate\r\n";
  private static final Allocation ALLOCATION = new Allocation(FeedParser.MAX_KEY + 8_000, 400);

  private static final FeedParser.Receiver IGNORE =
      new FeedParser.Receiver() {
        @Override
        public void key(byte[] key) {}

        @Override
        public void all() {}

        @Override
        public void text(String text) {}

        @Override
        public void reply(byte type, String line) {}
      };

  /** Records the events. */
  private record Events(List<String> events) implements FeedParser.Receiver {
    @Override
    public void key(byte[] key) {
      events.add("key " + new String(key, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void all() {
      events.add("all");
    }

    @Override
    public void text(String text) {
      events.add("text " + text);
    }

    @Override
    public void reply(byte type, String line) {
      events.add("reply " + (char) type + line);
    }
  }

  public FeedTarget() {
    super(ALLOCATION);
  }

  @Override
  public List<String> words() {
    return List.of(
        ("*,%,>,|,$,+,-,:,_,?,\r,\n,\r\n,0,1,2,3,9,\0,\377,*1\r\n,*2\r\n,*0\r\n,*-1\r\n,%1\r\n,|1\r\n,>3\r\n,_\r\n"
                + ",$-1\r\n,$0\r\n\r\n,$10\r\ninvalidate\r\n,+PONG\r\n,$1048576\r\n,$1048577\r\n,*2147483647\r\n,"
                + PUSH)
            .split(","));
  }

  @Override
  public Sample sample(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Events reported = new Events(new ArrayList<>());
    for (int left = random.nextInt(5); left > 0; left--) {
      message(random, out, reported);
    }
    return new Sample(out.toByteArray(), new Outcome(reported.events, null));
  }

  private static void message(Random random, ByteArrayOutputStream out, Events reported) {
    switch (random.nextInt(8)) {
      case 0 -> {
        write(out, "+PONG\r\n");
        reported.reply((byte) '+', "PONG");
      }
      case 1 -> {
        write(out, PUSH + (random.nextBoolean() ? "_\r\n" : "*-1\r\n"));
        reported.all();
      }
      case 2 -> write(out, ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*1\r\n:1\r\n");
      case 3 -> {
        write(out, "*3\r\n$2\r\nid\r\n:12\r\n$-1\r\n");
        reported.text("id");
        reported.reply((byte) '*', "");
      }
      case 4 -> {
        write(out, "%1\r\n+a\r\n$4\r\nfour\r\n");
        reported.text("four");
        reported.reply((byte) '%', "");
      }
      default -> keys(random, out, reported);
    }
  }

  private static void keys(Random random, ByteArrayOutputStream out, Events reported) {
    int count = random.nextInt(4);
    write(out, PUSH + "*" + count + "\r\n");
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[random.nextInt(20)];
      random.nextBytes(key);
      write(out, "$" + key.length + "\r\n");
      out.writeBytes(key);
      write(out, "\r\n");
      reported.key(key);
    }
  }

  private static void write(ByteArrayOutputStream out, String text) {
    out.writeBytes(Requests.bytes(text));
  }

  @Override
  Outcome feed(List<byte[]> pieces) {
    Events reported = new Events(new ArrayList<>());
    FeedParser parser = new FeedParser(reported);
    try {
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        while (in.isReadable()) {
          int from = in.readerIndex();
          boolean more = parser.feed(in);
          assertTrue(in.readerIndex() > from, "the parser read nothing");
          assertTrue(more || !in.isReadable(), "not read to its end");
        }
      }
      List<String> before = List.copyOf(reported.events);
      if (parser.isBetween()) {
        parser.feed(Unpooled.wrappedBuffer(Requests.bytes("+next\r\n")));
        assertEquals("reply +next", reported.events.get(reported.events.size() - 1));
      }
      return new Outcome(before, null);
    } catch (ProtocolError e) {
      return new Outcome(reported.events, e.getMessage());
    }
  }

  @Override
  void pass(byte[] input) {
    FeedParser parser = new FeedParser(IGNORE);
    ByteBuf in = Unpooled.wrappedBuffer(input);
    try {
      while (parser.feed(in)) {
        // Reads the next message.
      }
    } catch (ProtocolError e) {
      // Broken input ends with an error.
    }
  }
}
