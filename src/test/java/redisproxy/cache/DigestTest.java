package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DigestTest {

  /** SHA-256 (FIPS 180): e3b0c442 98fc1c14 9afbf4c8 … and ba7816bf 8f01cfea 414140de … */
  @Test
  void of_isTheStartOfSha256InBase64Url() {
    assertEquals("47DEQpj8HBSa-_TI", of(""));
    assertEquals("ungWv48Bz-pBQUDe", of("abc"));
  }

  @Test
  void of_readsOnlyItsSlice() {
    byte[] buffer = "xxabcx".getBytes(StandardCharsets.US_ASCII);
    assertEquals(of("abc"), Digest.of(buffer, 2, 3));
  }

  private static String of(String text) {
    return Digest.of(text.getBytes(StandardCharsets.US_ASCII), 0, text.length());
  }
}
