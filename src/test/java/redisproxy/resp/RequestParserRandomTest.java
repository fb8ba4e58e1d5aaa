package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random requests, whole and broken, cut at random places. */
class RequestParserRandomTest {
  private static final long SEED = Long.getLong("test.seed", 20_263);
  private static final int MAX_BYTES = 100_000;

  private final Random random = new Random(SEED);
  private final Damage damage = new Damage(random, "*$\r\n0123456789-+ \"'\\x\0\377");

  @Test
  @Timeout(60)
  void parse_ofRandomRequestsCutAnywhere_givesThemBack() {
    for (int round = 0; round < 20_000; round++) {
      List<List<String>> requests = new ArrayList<>();
      byte[] encoded = encode(requests);
      Requests expected = new Requests(requests, null);
      String context = "-Dtest.seed=" + SEED + ", round " + round;
      int[] places = damage.places(encoded.length);
      List<byte[]> pieces = Requests.cut(encoded, places);
      assertEquals(expected, Requests.parse(new RequestParser(MAX_BYTES), pieces), context);
      assertEquals(expected, Requests.parseMoved(new RequestParser(MAX_BYTES), pieces), context);
    }
  }

  /**
   * Well-formed input with bytes changed, dropped, doubled and added. Whatever comes of it comes of
   * it again when the input is cut elsewhere; the buffers end where the input ends, so nothing
   * beyond it is read.
   */
  @Test
  @Timeout(60)
  void parse_ofBrokenInput_failsWithAProtocolErrorOrNotAtAll() {
    int errors = 0;
    int read = 0;
    for (int round = 0; round < 200_000; round++) {
      byte[] input = damage.mutate(encode(new ArrayList<>()));
      try {
        Requests whole = Requests.parseMoved(new RequestParser(300), List.of(input));
        List<byte[]> pieces = Requests.cut(input, damage.places(input.length));
        assertEquals(whole, Requests.parseMoved(new RequestParser(300), pieces));
        errors += whole.error() == null ? 0 : 1;
        read += whole.requests().size();
      } catch (Throwable e) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        throw new AssertionError("-Dtest.seed=" + SEED + ", round " + round + ": " + text, e);
      }
    }
    assertTrue(errors > 10_000 && read > 10_000, errors + " errors, " + read + " requests");
  }

  /** Between none and three requests, which are added to the list. */
  private byte[] encode(List<List<String>> requests) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int left = random.nextInt(4); left > 0; left--) {
      if (random.nextInt(8) == 0) {
        out.writeBytes(Requests.bytes(random.nextBoolean() ? "\r\n" : "*0\r\n"));
      }
      requests.add(random.nextInt(4) == 0 ? inline(out) : array(out));
    }
    return out.toByteArray();
  }

  private List<String> inline(ByteArrayOutputStream out) {
    List<String> arguments = new ArrayList<>();
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      String word = "w" + random.nextInt(1000) + " *$";
      arguments.add(word);
      out.writeBytes(Requests.bytes("\"" + word + "\" "));
    }
    out.writeBytes(Requests.bytes(random.nextBoolean() ? "\r\n" : "\n"));
    return arguments;
  }

  private List<String> array(ByteArrayOutputStream out) {
    List<String> arguments = new ArrayList<>();
    int count = random.nextInt(20) == 0 ? 17 + random.nextInt(30) : 1 + random.nextInt(3);
    out.writeBytes(Requests.bytes("*" + count + "\r\n"));
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[random.nextInt(random.nextInt(20) == 0 ? 300 : 12)];
      random.nextBytes(bytes);
      arguments.add(new String(bytes, StandardCharsets.ISO_8859_1));
      out.writeBytes(Requests.bytes("$" + bytes.length + "\r\n"));
      out.writeBytes(bytes);
      out.writeBytes(Requests.bytes("\r\n"));
    }
    return arguments;
  }
}
