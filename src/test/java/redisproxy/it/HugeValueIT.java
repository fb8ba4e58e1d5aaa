package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;

/** Values of half a gigabyte, through a packaged jar with a heap of 64 MB. */
class HugeValueIT {
  private static final List<String> SMALL_MEMORY =
      List.of("-Xmx64m", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError");

  @RegisterExtension final Opened opened = new Opened();
  @TempDir Path directory;

  private RunningJar jar;

  @BeforeEach
  void prepare() {
    jar = opened.jar(directory);
  }

  @Test
  void valueOf512MB_needsBoundedHeap_andDelaysNoOtherClient() throws Exception {
    EmbeddedRedis redis = opened.redis();
    try (RespClient direct = new RespClient(redis)) {
      assertEquals(":536870912\r\n", direct.call("SETRANGE", "huge", "536870911", "x"));
      direct.call("SET", "small", "v");
    }
    jar.run(Map.of("REDIS_URL", redis.url(), "REDIS_LOAD_TIMEOUT", "10s"), SMALL_MEMORY);
    jar.awaitReady();
    try (RespClient client = new RespClient(jar.resp);
        RespClient other = new RespClient(jar.resp)) {
      client.send(RespClient.request("GET", "huge") + RespClient.request("GET", "small"));
      assertHeader(client);
      for (int mib = 0; mib < 512; mib++) {
        client.bytes(1024 * 1024);
        assertEquals("$1\r\nv\r\n", other.call("GET", "small"));
      }
      assertEquals("\r\n", ascii(client, 2));
      assertEquals("$1\r\nv\r\n", client.reply());
    }
    HttpResponse<InputStream> streamed =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + jar.http + "/keys/huge"))
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertEquals(536870912, streamed.body().transferTo(OutputStream.nullOutputStream()));
    assertTrue(jar.isAlive());
  }

  @Test
  void valueOf512MB_overADedicatedConnection_needsBoundedMemory() throws Exception {
    int pieces = 512;
    byte[] piece = new byte[1024 * 1024];
    new Random(1).nextBytes(piece);
    EmbeddedRedis redis = opened.redis();
    jar.run(Map.of("REDIS_URL", redis.url(), "REDIS_LOAD_TIMEOUT", "10s"), SMALL_MEMORY);
    jar.awaitReady();
    try (RespClient client = new RespClient(jar.resp);
        RespClient other = new RespClient(jar.resp);
        RespClient direct = new RespClient(redis)) {
      direct.call("SET", "small", "v");
      client.send("*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$536870912\r\n");
      for (int i = 0; i < pieces; i++) {
        client.send(numbered(piece, i));
        assertEquals("$1\r\nv\r\n", other.call("GET", "small"));
      }
      assertEquals("+OK\r\n", client.send("\r\n").reply());

      assertEquals(":536870912\r\n", direct.call("STRLEN", "huge"));
      for (int i = 0; i < pieces; i++) {
        long from = (long) i * piece.length;
        direct.send(
            RespClient.request("GETRANGE", "huge", "" + from, "" + (from + piece.length - 1)));
        assertEquals("$1048576\r\n", ascii(direct, 10));
        assertArrayEquals(numbered(piece, i), direct.bytes(piece.length));
        direct.bytes(2);
      }

      client.send(RespClient.request("GET", "huge") + RespClient.request("PING"));
      assertHeader(client);
      for (int i = 0; i < pieces; i++) {
        assertArrayEquals(numbered(piece, i), client.bytes(piece.length));
        assertEquals("$1\r\nv\r\n", other.call("GET", "small"));
      }
      assertEquals("\r\n+PONG\r\n", ascii(client, 9));
    }
    assertTrue(jar.isAlive());
  }

  /** Writes its number into a piece, so that swapped pieces are noticed. */
  private static byte[] numbered(byte[] piece, int number) {
    ByteBuffer.wrap(piece).putInt(number);
    return piece;
  }

  /** If an error comes instead, reads all of it for the message. */
  private static void assertHeader(RespClient client) {
    String header = ascii(client, 12);
    while (header.charAt(0) == '-' && !header.endsWith("\n")) {
      header += ascii(client, 1);
    }
    assertEquals("$536870912\r\n", header);
  }

  private static String ascii(RespClient client, int length) {
    return new String(client.bytes(length), StandardCharsets.US_ASCII);
  }
}
