package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fast path for GET must read the same requests as the full parser. */
class UsualGetTest {
  private static final String PING = "*1\r\n$4\r\nPING\r\n";

  private static String get(String name, int keyLength) {
    return "*2\r\n$3\r\n" + name + "\r\n$" + keyLength + "\r\n" + "k".repeat(keyLength) + "\r\n";
  }

  @Test
  void begins_onlyForAGetOfOneKey() {
    for (String get : new String[] {"GET", "get", "gEt"}) {
      assertTrue(begins("*2\r\n$3\r\n" + get + "\r\n$1\r\nk\r\n"));
      assertTrue(begins("*2\r\n$3\r\n" + get + "\r\n$1"));
    }
    for (String other :
        new String[] {
          "",
          "*2\r\n$3\r\nGET\r\n",
          "*3\r\n$3\r\nGET\r\n$1\r\na\r\n$1\r\nb\r\n",
          "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n",
          "*2\r\n$4\r\nGETX\r\n$1\r\nk\r\n",
          "*2\r\n$3\r\nGE\u00f4\r\n$1\r\nk\r\n",
          "*2\r\n$3\r\nGETX\r\n$1\r\nk\r\n",
          "GET a-key-of-some-length\r\n",
        }) {
      assertFalse(begins(other), other);
    }
  }

  /** Tests after other input, and checks that nothing was read. */
  private static boolean begins(String text) {
    ByteBuf in = Unpooled.copiedBuffer("*1" + text, StandardCharsets.ISO_8859_1).skipBytes(2);
    boolean begun = UsualGet.begins(in);
    assertEquals(text.length(), in.readableBytes());
    return begun;
  }

  @Test
  void keyLength_ofACompleteRequest_isTheLengthOfItsKey() {
    for (int length = 1; length < 100; length++) {
      for (String rest : List.of("", "x", PING)) {
        ByteBuf in = buffer("junk" + get("GET", length) + rest).skipBytes(4);
        assertEquals(length, UsualGet.keyLength(in));
        int start = in.readerIndex() + UsualGet.keyStart(length);
        assertEquals("k".repeat(length) + "\r\n", text(in, start, length + 2));
      }
    }
  }

  @Test
  void keyLength_ofAnIncompleteRequestOrAnotherKeyLength_isZero() {
    for (int length : new int[] {1, 9, 10, 99}) {
      String whole = get("GET", length);
      for (int i = 0; i < whole.length(); i++) {
        assertEquals(0, UsualGet.keyLength(buffer(whole.substring(0, i))), "cut at " + i);
      }
    }
    for (int length : new int[] {0, 100, 1000}) {
      assertEquals(0, UsualGet.keyLength(buffer(get("GET", length))));
    }
  }

  /** If the input arrives byte by byte, the parser never takes the fast path. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 9, 10, 19, 42, 99, 100})
  void parse_ofAGetWithAChangedByte_readsTheSameAsTheFullParser(int keyLength) {
    byte[] whole = Requests.bytes(get("GET", keyLength) + PING);
    for (int i = 0; i < UsualGet.keyStart(keyLength) + 2; i++) {
      for (byte b : Requests.bytes("*$0123456789/:-+ \r\n\0\177\200\377GETget")) {
        byte[] changed = whole.clone();
        changed[i] = b;
        assertEquals(
            Requests.parse(
                new RequestParser(new RequestBounds(1000)), Requests.cutEverywhere(changed)),
            Requests.parse(new RequestParser(new RequestBounds(1000)), List.of(changed)),
            () -> new String(changed, StandardCharsets.ISO_8859_1));
      }
    }
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.wrappedBuffer(Requests.bytes(text));
  }

  private static String text(ByteBuf in, int start, int length) {
    return in.toString(start, length, StandardCharsets.ISO_8859_1);
  }
}
