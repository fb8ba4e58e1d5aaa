package redisproxy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The generator notices everything that would make its results worthless. */
class GeneratorTest {
  private static final int GET_BYTES = 36;
  private static final String KEY_5 = "000000000005";
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";

  /** The value of the only key, so that a constant reply can be right. */
  private static final String RIGHT = "$12\r\n" + KEY_5 + "\r\n";

  private final HttpFormat format = new HttpFormat(Template.DIGITS, false);

  @AfterEach
  void release() {
    format.release();
  }

  private static Measured measure(String reply, String more) throws Exception {
    try (ConstantResp server = new ConstantResp(0, GET_BYTES, reply);
        Generator generator = new Generator()) {
      return generator.run(
          Workload.of(
              "connections=3 seconds=0.2 warmup=0.05 value=12 from=5 keys=1 port="
                  + server.port()
                  + " "
                  + more));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pipeline=1",
        "pipeline=7",
        "active=2",
        "rate=2000",
        "once=1 pipeline=4",
        "zipf=1"
      })
  void rightReplies_areCountedAndChecked(String more) throws Exception {
    Measured measured = measure(RIGHT, more);
    assertTrue(measured.checked() > 0 && measured.rate() > 0, measured.toString());
    assertTrue(measured.p50() <= measured.p999() && measured.p999() <= measured.max() * 1.01);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$12\r\n000000000006\r\n", // another key's value
        "$11\r\n00000000005\r\n", // a shorter value
        "$13\r\n0000000000005\r\n",
        "$-1\r\n",
        "-ERR no\r\n",
        "+OK\r\n"
      })
  void wrongReplies_endTheRun(String reply) {
    assertThrows(WrongReply.class, () -> measure(reply, "pipeline=4"));
  }

  @Test
  void wrongValue_ofAConstantServer_isAllowed() throws Exception {
    assertTrue(measure("$12\r\nxxxxxxxxxxxx\r\n", "constant=1").rate() > 0);
  }

  @Test
  void unreachableRate_endsTheRun() {
    assertThrows(WrongReply.class, () -> measure(RIGHT, "rate=1e7 seconds=2"));
  }

  @Test
  void closedPort_endsTheRun() throws Exception {
    try (Generator generator = new Generator()) {
      assertThrows(ConnectException.class, () -> generator.run(Workload.of("port=1")));
    }
  }

  @Test
  void overTheRelay_latencyIsAtLeastTheRoundTrip() throws Exception {
    try (ConstantResp server = new ConstantResp(0, GET_BYTES, RIGHT);
        DelayingRelay relay = new DelayingRelay(0, server.port(), 1_000);
        Generator generator = new Generator()) {
      Measured measured =
          generator.run(
              Workload.of("connections=2 seconds=0.2 value=12 from=5 keys=1 port=" + relay.port()));
      assertTrue(measured.p50() >= 1.99, measured.toString());
    }
  }

  private static String text(ByteBuf bytes) {
    return bytes.toString(StandardCharsets.US_ASCII);
  }

  @Test
  void keysOfAnMget_areFarApart_andItsReplyHasTheirValues() {
    Workload workload = Workload.of("command=mget many=3 value=12 from=5 keys=10000 port=1");
    Batch batch = workload.requests();
    batch.put(0, 3_000);
    String keys =
        "$16\r\nkey:000000003000\r\n$16\r\nkey:000000000919\r\n$16\r\nkey:000000008838\r\n";
    assertEquals("*4\r\n$4\r\nMGET\r\n" + keys, text(batch.bytes()));
    ByteBuf reply =
        Unpooled.copiedBuffer(
            "*3\r\n$12\r\n000000003000\r\n$12\r\n000000000919\r\n$12\r\n000000008838\r\n",
            StandardCharsets.US_ASCII);
    Replies.Format replies = workload.format();
    assertEquals(reply.readableBytes(), replies.length(reply));
    replies.check(reply.duplicate(), 3_000);
    assertThrows(WrongReply.class, () -> replies.check(reply, 3_001));
    batch.release();
    replies.release();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$12\r\n000000000005\r\n",
        "+OK\r\n",
        ":1\r\n",
        "*2\r\n$12\r\n000000000005\r\n$12\r\n000000000006\r\n",
        "*6\r\n$10\r\nfield:0000\r\n$12\r\n000000000005\r\n$10\r\nfield:0001\r\n$12\r\n000000000005\r\n"
            + "$10\r\nfield:0002\r\n$12\r\n000000000005\r\n",
        "*3\r\n$17\r\n000000000005:0000\r\n$17\r\n000000000005:0001\r\n$17\r\n000000000005:0002\r\n"
      })
  void repliesOfAMix_areToldApart(String text) {
    Replies.Format mix =
        Workload.of("command=mixed many=2 items=3 value=12 zipf=1 keys=100 port=1").format();
    ByteBuf reply = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    assertEquals(reply.readableBytes(), mix.length(reply));
    mix.check(reply.duplicate(), 5);
    if (text.contains("5")) {
      assertThrows(WrongReply.class, () -> mix.check(reply.duplicate(), 7));
    }
    ByteBuf other = Unpooled.copiedBuffer("-ERR no\r\n", StandardCharsets.US_ASCII);
    assertThrows(WrongReply.class, () -> mix.length(other));
    mix.release();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixed", "scripted"})
  void requestsOfAMix_areOfEveryKind(String name) {
    Workload workload = Workload.of("command=" + name + " many=2 items=3 pipeline=1000 port=1");
    Batch mix = workload.requests();
    for (int i = 0; i < 1000; i++) {
      mix.put(i, 5);
    }
    String requests = text(mix.bytes());
    int percent = 0;
    for (var each : workload.command().shares()) {
      assertTrue(requests.contains("\r\n" + each.getKey() + "\r\n"), each.toString());
      percent += each.getValue();
    }
    assertEquals(100, percent);
    workload.format().release();
    mix.put(0, 5);
    assertEquals(1, text(mix.bytes()).split("\\*", -1).length - 1);
    mix.release();
  }

  private static int take(Replies replies, String text) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    int count = replies.take(bytes);
    assertEquals(0, bytes.readableBytes());
    bytes.release();
    return count;
  }

  @Test
  void replies_cutAnywhere_areCounted() {
    String three = (HEAD + KEY_5).repeat(3);
    for (int cut = 0; cut <= three.length(); cut++) {
      Replies replies = new Replies(format);
      int first = take(replies, three.substring(0, cut));
      assertEquals(cut / (three.length() / 3), first);
      assertEquals(3 - first, take(replies, three.substring(cut)));
      replies.release();
    }
  }

  @Test
  void headOfAnotherLength_isReadAgain() {
    Replies replies = new Replies(format);
    String longer = HEAD.replace("OK", "OK\r\nAge: 10");
    assertEquals(4, take(replies, HEAD + KEY_5 + longer + KEY_5 + longer + KEY_5 + HEAD + KEY_5));
    replies.release();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n"
      })
  void wrongResponses_areDetected(String head) {
    Replies replies = new Replies(format);
    assertEquals(1, take(replies, HEAD + KEY_5));
    assertThrows(WrongReply.class, () -> take(replies, head + "x" + KEY_5 + HEAD));
    replies.release();
  }

  @Test
  void bodyOfAnotherKey_isDetected() {
    ByteBuf both = Unpooled.copiedBuffer((HEAD + KEY_5).repeat(2), StandardCharsets.US_ASCII);
    format.check(both, 5);
    assertThrows(WrongReply.class, () -> format.check(both, 6));
    both.release();
  }
}
