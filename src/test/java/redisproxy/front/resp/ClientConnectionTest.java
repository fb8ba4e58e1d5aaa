package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests a client connection without a real socket. */
class ClientConnectionTest {
  private final List<ByteBuf> kept = new ArrayList<>();
  private boolean keeping;
  private int largest;

  /** Consumes the input eight bytes at a time. */
  private final class Eights extends SilentClient {
    @Override
    public void accept(ByteBuf input) {
      largest = Math.max(largest, input.capacity());
      int length = input.readableBytes() / 8 * 8;
      if (keeping) {
        kept.add(input.retainedSlice(input.readerIndex(), length));
      }
      input.skipBytes(length);
    }
  }

  private final ClientConnection connection = connection();

  private ClientConnection connection() {
    ClientConnection made = new ClientConnection();
    made.receiver(new Eights());
    return made;
  }

  private final EmbeddedChannel channel = new EmbeddedChannel(connection);

  private void receive(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }

  @Test
  void inputBuffer_whenNoReadEndsAtARequest_doesNotGrow() {
    receive("1");
    for (int i = 0; i < 10_000; i++) {
      receive("2345678" + "12345678".repeat(15) + "1");
    }
    assertTrue(largest <= 1024, "the input took " + largest + " bytes");
    channel.close();
  }

  /** With a slow Redis, slices still wait when the client's next bytes arrive. */
  @Test
  void slicesOfTheInput_areNotChangedByLaterInput() {
    keeping = true;
    StringBuilder sent = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      String text = ("%08d".formatted(i)).repeat(17).substring(0, 129);
      sent.append(text);
      receive(text);
    }
    StringBuilder passedOn = new StringBuilder();
    for (ByteBuf slice : kept) {
      passedOn.append(slice.toString(StandardCharsets.US_ASCII));
      slice.release();
    }
    assertEquals(sent.substring(0, sent.length() / 8 * 8), passedOn.toString());
    channel.close();
  }

  // Unread replies

  private static final String LONG = "x".repeat(20_000);

  private FakeFront front;
  private FakeClient client;

  private void openFront() throws Exception {
    front = new FakeFront("resp.max-pending-bytes", "64KiB");
    client = front.connect();
    front.cache.has("long", LONG);
  }

  @AfterEach
  void stop() throws Exception {
    if (front != null) {
      front.close();
    }
  }

  private static String[] pings(int times) {
    String[] pings = new String[times];
    Arrays.fill(pings, "PING");
    return pings;
  }

  @Test
  void clientThatSendsAPipelineBeforeReading_getsAllReplies() throws Exception {
    openFront();
    client.reads(false);
    client.asks("GET long", "GET long", "GET long");
    for (int i = 0; i < 10; i++) {
      client.asks(pings(1000));
    }
    client.reads(true);
    String received = client.received().replace(LONG, "x");
    assertEquals("$20000 x ".repeat(3) + "+PONG ".repeat(10_000), received);
    assertTrue(client.isRead());
    assertEquals(0, client.unread());
  }

  @Test
  void clientThatReadsNothing_isPaused() throws Exception {
    openFront();
    client.reads(false);
    for (int i = 0; i < 10; i++) {
      client.asks("GET long");
    }
    assertFalse(client.isRead());
    assertTrue(client.unread() > 0);
    client.reads(true);
    assertEquals("$20000 x ".repeat(10), client.received().replace(LONG, "x"));
  }

  @Test
  void clientThatSendsButReadsNothingForThreeSeconds_isReportedOnce() throws Exception {
    openFront();
    stall();
    front.pass(2_999);
    assertEquals(0, front.faults.stalledClients());
    front.pass(1);
    assertEquals(1, front.faults.stalledClients());
    front.pass(10_000);
    assertEquals(1, front.faults.stalledClients());
    assertTrue(client.isOpen());
  }

  @Test
  void clientThatReadsWithinThreeSeconds_isNotReported() throws Exception {
    openFront();
    stall();
    front.pass(2_999);
    client.reads(true);
    front.pass(10_000);
    assertEquals(0, front.faults.stalledClients());
  }

  @Test
  void clientThatSendsNoMore_isNotReported() throws Exception {
    openFront();
    client.reads(false);
    client.asks("GET long", "GET long");
    front.pass(10_000);
    assertEquals(0, front.faults.stalledClients());
  }

  /** Sends more than the proxy reads, so that part of a request waits in the proxy. */
  private void stall() throws Exception {
    client.reads(false);
    String[] echoes = new String[20];
    Arrays.fill(echoes, "ECHO " + LONG);
    client.asks(echoes);
    assertFalse(client.isRead());
  }
}
