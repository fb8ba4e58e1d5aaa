package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "7f",
        "c280", // U+0080, the first of two bytes
        "dfbf", // U+07FF, the last of two
        "e0a080", // U+0800
        "ecbfbf",
        "ed9fbf", // U+D7FF, before the surrogates
        "ee8080", // U+E000, after the surrogates
        "efbfbf", // U+FFFF
        "efbbbf", // a byte order mark
        "f0908080", // U+10000
        "f48fbfbf", // U+10FFFF, the last of all
        "41c3a9e282acf09f9880"
      })
  void isValid_accepts(String hex) {
    assertTrue(isValid(hex));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80", // continuation bytes with nothing to continue
        "bf",
        "c080", // overlong
        "c1bf",
        "e08080",
        "e09fbf",
        "f0808080",
        "f08fbfbf",
        "eda080", // U+D800 to U+DFFF, surrogates
        "edafbf",
        "edb080",
        "edbfbf",
        "eda080edb080", // a pair of them
        "f4908080", // U+110000
        "f5808080",
        "f8888080",
        "f888808080", // five and six bytes, as before RFC 3629
        "fc8480808080",
        "fe",
        "ff",
        "c2", // ends too early
        "e0a0",
        "e2",
        "f09080",
        "f090",
        "f4",
        "c241", // a letter instead of a continuation byte
        "e28241",
        "e24182",
        "f0908041",
        "f0419080",
        "c2c2",
        "41c0"
      })
  void isValid_refuses(String hex) {
    assertFalse(isValid(hex));
    assertFalse(isValid("41" + hex + "41"));
  }

  @Test
  void isValid_ofInputLongerThanAChunk_readsAllOfIt() {
    for (String character : new String[] {"é", "€", "😀"}) {
      byte[] encoded = character.getBytes(StandardCharsets.UTF_8);
      for (int before = 1015; before <= 1030; before++) {
        String string = "é" + "x".repeat(before) + character.repeat(1200);
        byte[] text = string.getBytes(StandardCharsets.UTF_8);
        assertTrue(Utf8.isValid(text, 0, text.length));
        assertFalse(Utf8.isValid(text, 0, text.length - 1), "the last one is cut");
        byte[] broken = text.clone();
        broken[2 + before + encoded.length - 1] = 'x';
        assertFalse(Utf8.isValid(broken, 0, broken.length), character + " broken after " + before);
      }
    }
  }

  @Test
  void isValid_readsOnlyItsSlice() {
    byte[] bytes = HexFormat.of().parseHex("ff80c3a980ff");
    assertTrue(Utf8.isValid(bytes, 2, 2));
    assertTrue(Utf8.isValid(bytes, 2, 0));
    assertFalse(Utf8.isValid(bytes, 2, 3));
    assertFalse(Utf8.isValid(bytes, 1, 3));
  }

  /** Checks many code points, valid and with a flipped bit. */
  @Test
  void isValid_agreesWithARoundTrip() {
    Random random = new Random(5);
    for (int codePoint = 0; codePoint <= 0x10ffff; codePoint += 1 + random.nextInt(40)) {
      if (codePoint < 0xd800 || codePoint > 0xdfff) {
        byte[] bytes = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        assertTrue(Utf8.isValid(bytes, 0, bytes.length), Integer.toHexString(codePoint));
        bytes[random.nextInt(bytes.length)] ^= 1 << random.nextInt(8);
        boolean same =
            Arrays.equals(
                bytes, new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
        assertEquals(
            same, Utf8.isValid(bytes, 0, bytes.length), () -> HexFormat.of().formatHex(bytes));
      }
    }
  }

  private static boolean isValid(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    return Utf8.isValid(bytes, 0, bytes.length);
  }
}
