package redisproxy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The bytes of a client's socket, without a socket. */
class RespConnectionTest {
  private int largest;

  /** Takes requests of eight bytes. */
  private final RespConnection connection =
      new RespConnection() {
        @Override
        void advance() {}

        @Override
        void accept(ByteBuf input) {
          largest = Math.max(largest, input.capacity());
          input.skipBytes(input.readableBytes() / 8 * 8);
        }

        @Override
        void ended() {}

        @Override
        void closed() {}
      };

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
}
