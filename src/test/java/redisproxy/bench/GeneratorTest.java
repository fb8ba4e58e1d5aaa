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
  @ValueSource(strings = {"pipeline=1", "pipeline=7", "rate=2000", "once=1 pipeline=4", "zipf=1"})
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
