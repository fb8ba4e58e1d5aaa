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
 * The {@link FeedParser}. However the input is cut, the same is told; no key is told but one that
 * has come; each step goes forward; and no more is held than one key at most, whatever was
 * announced.
 */
public final class FeedTarget extends FramedTarget {
  private static final String PUSH = ">2\r\n$10\r\ninvalidate\r\n";
  private static final Allocation ALLOCATION = new Allocation(FeedParser.MAX_KEY + 8_000, 400);

  private static final FeedParser.Receiver NOBODY =
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

  /** Takes down what it is told. */
  private record Told(List<String> events) implements FeedParser.Receiver {
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
    Told told = new Told(new ArrayList<>());
    for (int left = random.nextInt(5); left > 0; left--) {
      message(random, out, told);
    }
    return new Sample(out.toByteArray(), new Outcome(told.events, null));
  }

  private static void message(Random random, ByteArrayOutputStream out, Told told) {
    switch (random.nextInt(8)) {
      case 0 -> {
        write(out, "+PONG\r\n");
        told.reply((byte) '+', "PONG");
      }
      case 1 -> {
        write(out, PUSH + (random.nextBoolean() ? "_\r\n" : "*-1\r\n"));
        told.all();
      }
      case 2 -> write(out, ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*1\r\n:1\r\n");
      case 3 -> {
        write(out, "*3\r\n$2\r\nid\r\n:12\r\n$-1\r\n");
        told.text("id");
        told.reply((byte) '*', "");
      }
      case 4 -> {
        write(out, "%1\r\n+a\r\n$4\r\nfour\r\n");
        told.text("four");
        told.reply((byte) '%', "");
      }
      default -> keys(random, out, told);
    }
  }

  private static void keys(Random random, ByteArrayOutputStream out, Told told) {
    int count = random.nextInt(4);
    write(out, PUSH + "*" + count + "\r\n");
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[random.nextInt(20)];
      random.nextBytes(key);
      write(out, "$" + key.length + "\r\n");
      out.writeBytes(key);
      write(out, "\r\n");
      told.key(key);
    }
  }

  private static void write(ByteArrayOutputStream out, String text) {
    out.writeBytes(Requests.bytes(text));
  }

  @Override
  Outcome feed(List<byte[]> pieces) {
    Told told = new Told(new ArrayList<>());
    FeedParser parser = new FeedParser(told);
    try {
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        while (in.isReadable()) {
          int from = in.readerIndex();
          boolean more = parser.feed(in);
          assertTrue(in.readerIndex() > from, "no step forward");
          assertTrue(more || !in.isReadable(), "not read to its end");
        }
      }
      List<String> before = List.copyOf(told.events);
      if (parser.isBetween()) {
        parser.feed(Unpooled.wrappedBuffer(Requests.bytes("+next\r\n")));
        assertEquals("reply +next", told.events.get(told.events.size() - 1));
      }
      return new Outcome(before, null);
    } catch (ProtocolError e) {
      return new Outcome(told.events, e.getMessage());
    }
  }

  @Override
  void pass(byte[] input) {
    FeedParser parser = new FeedParser(NOBODY);
    ByteBuf in = Unpooled.wrappedBuffer(input);
    try {
      while (parser.feed(in)) {
        // on to the next message
      }
    } catch (ProtocolError e) {
      // that is what it is for
    }
  }
}
