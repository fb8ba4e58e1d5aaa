package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes of a client's socket, without a socket. */
class ClientConnectionTest {
  private final List<ByteBuf> kept = new ArrayList<>();
  private boolean keeping;
  private int largest;

  /** Takes requests of eight bytes. */
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
  void clientWhoseReadsNeverEndWithARequest_costsNoMoreThanOther() {
    receive("1");
    for (int i = 0; i < 10_000; i++) {
      receive("2345678" + "12345678".repeat(15) + "1");
    }
    assertTrue(largest <= 1024, "the input took " + largest + " bytes");
    channel.close();
  }

  /** A slow Redis leaves slices waiting while the client's next bytes come. */
  @Test
  void whatIsKeptOfTheInput_isNotChangedByWhatComesNext() {
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
}
