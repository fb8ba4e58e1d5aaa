package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.Requests;

class FeedParserTest {
  private static final long SEED = Long.getLong("test.seed", 20_265);

  private static final String PUSH = ">2\r\n$10\r\ninvalidate\r\n";

  private static final String ALL_KINDS =
      "%2\r\n$7\r\nversion\r\n$5\r\n7.0.1\r\n$5\r\nproto\r\n:3\r\n"
          + "+OK\r\n"
          + PUSH
          + "*3\r\n$1\r\na\r\n$0\r\n\r\n$4\r\n\r\n\r\n\r\n"
          + "+PONG\r\n"
          + ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*2\r\n:1\r\n$10\r\ninvalidate\r\n"
          + PUSH
          + "_\r\n"
          + PUSH
          + "*0\r\n"
          + PUSH
          + "*-1\r\n"
          + "*2\r\n$-1\r\n$70\r\n"
          + "x".repeat(70)
          + "\r\n:12\r\n"
          + "-ERR no\r\n"
          + "*0\r\n%0\r\n>0\r\n"
          + PUSH
          + "*1\r\n$3\r\nend\r\n";

  private static final List<String> EVENTS =
      List.of(
          "text version",
          "text 7.0.1",
          "text proto",
          "% ",
          "+ OK",
          "key a",
          "key ",
          "key \r\n\r\n",
          "+ PONG",
          "all",
          "all",
          "* ",
          ": ",
          "- ERR no",
          "* ",
          "% ",
          "key end");

  private static final class Events implements FeedParser.Receiver {
    final List<String> list = new ArrayList<>();

    /** How many events ended a call of feed: all except texts. */
    int ends;

    @Override
    public void key(byte[] key) {
      ends++;
      list.add("key " + new String(key, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void all() {
      ends++;
      list.add("all");
    }

    @Override
    public void text(String text) {
      list.add("text " + text);
    }

    @Override
    public void reply(byte type, String line) {
      ends++;
      list.add((char) type + " " + line);
    }
  }

  private static List<String> events(byte[] input, int... cuts) throws ProtocolError {
    Events events = new Events();
    FeedParser parser = new FeedParser(events);
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i < cuts.length ? cuts[i] : input.length;
      var part = Unpooled.wrappedBuffer(input, from, to - from);
      int ends = events.ends;
      while (parser.feed(part)) {
        assertEquals(++ends, events.ends, "each call reports one event");
      }
      assertEquals(ends, events.ends, "the last call reports none");
      assertEquals(0, part.readableBytes());
      from = to;
    }
    return events.list;
  }

  @Test
  void feed_reportsEveryKindHoweverTheInputIsSplit() throws ProtocolError {
    byte[] input = Requests.bytes(ALL_KINDS);
    assertEquals(EVENTS, events(input));
    for (int cut = 0; cut <= input.length; cut++) {
      assertEquals(EVENTS, events(input, cut), "cut at " + cut);
    }
    int[] everywhere = new int[input.length];
    for (int i = 0; i < everywhere.length; i++) {
      everywhere[i] = i;
    }
    assertEquals(EVENTS, events(input, everywhere));
  }

  @Test
  void feed_reportsOneEventAtATime() throws ProtocolError {
    Events events = new Events();
    FeedParser parser = new FeedParser(events);
    assertTrue(parser.isBetween());
    var input = Unpooled.wrappedBuffer(Requests.bytes(PUSH + "*2\r\n$1\r\na\r\n$1\r\nb\r\n"));
    assertTrue(parser.feed(input));
    assertEquals(List.of("key a"), events.list);
    assertFalse(parser.isBetween());
    assertTrue(parser.feed(input));
    assertEquals(List.of("key a", "key b"), events.list);
    assertTrue(parser.isBetween());
  }

  @Test
  void feed_ofATooLongKey_reportsAll() throws ProtocolError {
    int limit = FeedParser.MAX_KEY;
    String longest = "k".repeat(limit);
    String keys = "*3\r\n$" + limit + "\r\n" + longest + "\r\n$" + (limit + 1) + "\r\nk" + longest;
    byte[] input = Requests.bytes(PUSH + keys + "\r\n$1\r\nb\r\n+PONG\r\n");
    assertEquals(List.of("key " + longest, "all", "key b", "+ PONG"), events(input));
    assertEquals(
        List.of("key " + longest, "all", "key b", "+ PONG"), events(input, 77, limit + 99));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ">2\r\n$10\r\ninvalidate\r\n+OK\r\n",
        ">2\r\n$10\r\ninvalidate\r\n$1\r\na\r\n",
        ">3\r\n$10\r\ninvalidate\r\n*0\r\n*0\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n:1\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n$-1\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nabc",
        ">2\r\n$10\r\ninvalidate\r\n*99999999999\r\n",
        ">2\r\n$10\r\ninvalidatexx",
        ">1\r\n:1\r\n",
        ">?\r\n",
        "*-2\r\n",
        "*1\rx",
        "*1111111111111111111111111111",
        "+OK\rx",
        "HTTP/1.1 400 Bad Request\r\n"
      })
  void feed_ofInvalidInput_fails(String input) {
    assertThrows(ProtocolError.class, () -> events(Requests.bytes(input)));
  }

  @Test
  void feed_ofALongLine_truncatesItOrFails() throws ProtocolError {
    assertEquals(
        List.of("- " + "e".repeat(256)), events(Requests.bytes("-" + "e".repeat(5000) + "\r\n")));
    byte[] endless = Requests.bytes("-" + "e".repeat(70_000));
    assertThrows(ProtocolError.class, () -> events(endless));
  }

  /** Damaged input is read or refused, and the result is the same however it is split. */
  @Test
  void feed_ofDamagedInput_givesTheSameHoweverItIsSplit() {
    Random random = new Random(SEED);
    byte[] valid = Requests.bytes(ALL_KINDS);
    for (int round = 0; round < 20_000; round++) {
      byte[] input = valid.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        byte[] usual = Requests.bytes("$*>%_+-:\r\n0129");
        input[random.nextInt(input.length)] =
            random.nextBoolean() ? usual[random.nextInt(usual.length)] : (byte) random.nextInt();
      }
      int cut = random.nextInt(input.length);
      assertEquals(outcome(input), outcome(input, cut), () -> new String(input));
    }
  }

  private static String outcome(byte[] input, int... cuts) {
    try {
      return events(input, cuts).toString();
    } catch (ProtocolError e) {
      return e.getMessage();
    }
  }
}
