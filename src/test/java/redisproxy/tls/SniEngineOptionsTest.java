package redisproxy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SniEngineOptionsTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          redis,           redis,          true
          my_redis,        my_redis,       true
          redis.example,   redis.example,  true
          redis.example.,  redis.example,  true
          3f2a1b,          3f2a1b,         true
          10.0.0.1,        10.0.0.1,       false
          ::1,             ::1,            false
          fe80::1%eth0,    fe80::1,        false
          """)
  void hello_namesTheHost_unlessItIsAnAddress(String host, String wanted, boolean isName)
      throws SSLException {
    SSLEngine engine =
        new SniEngineOptions(host)
            .copy()
            .sslContextFactory()
            .forClient(null, null)
            .create()
            .newEngine(ByteBufAllocator.DEFAULT, host, 6379);
    ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.setUseClientMode(true);
    engine.wrap(ByteBuffer.allocate(0), hello);
    String bytes = new String(hello.array(), 0, hello.position(), StandardCharsets.ISO_8859_1);
    // The length of the list, the type of the name, and the length of the name.
    String list = "\0%c\0\0%c".formatted(wanted.length() + 3, wanted.length()) + wanted;
    assertEquals(isName, bytes.contains(list));
    assertEquals(isName, bytes.contains(wanted));
  }
}
