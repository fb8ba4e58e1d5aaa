package redisproxy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpKeysTest {

  @ParameterizedTest
  @CsvSource({
    "/v1/keys/abc, abc",
    "/v1/keys/a/b/../c//, a/b/../c//",
    "/v1/keys//, /",
    "/v1/keys/a%2Fb, a/b",
    "/v1/keys/a+b, a+b",
    "/v1/keys/%61%62, ab",
    "/v1/keys/%2561, %61",
    "/v1/keys/key=a&b, key=a&b",
    "/v1/keys/%C3%A9%fF%00, '\303\251\377\0'"
  })
  void inPath_isTheTextAfterThePrefix(String path, String key) {
    assertEquals(key, inPath(path));
  }

  @Test
  void inPath_whenNothingFollowsThePrefix_isNull() {
    assertNull(inPath("/v1/keys/"));
  }

  @ParameterizedTest
  @CsvSource({
    "key=abc, abc",
    "key=a&key=b, a",
    "x=1&key=a, a",
    "x=1&key=a&y=2, a",
    "xkey=1&key=a, a",
    "x=key=1&key=a, a",
    "key=a=b, a=b",
    "key=a+b%2B, a b+",
    "key=%26&x, &",
    "key=%00%ff%0d, '\0\377\r'",
    "key=, ''",
    "x&key=&y, ''",
    "key=key=, key="
  })
  void inQuery_isTheFirstKey(String query, String key) {
    assertEquals(key, inQuery(query));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "key", "x=1", "xkey=1", "x=key=1", "KEY=1", "key&x=1", "%6bey=1"})
  void inQuery_whenTheQueryHasNoKey_isNull(String query) {
    assertNull(inQuery(query));
  }

  @Test
  void inQuery_whenThereIsNoQuery_isNull() {
    assertNull(inQuery(null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "a%", "%4", "%4g", "%g4", "%%41", "% 41", "%+1", "%-1"})
  void percentSignWithoutTwoHexDigits_isRefused(String key) {
    assertThrows(IllegalArgumentException.class, () -> inPath("/v1/keys/" + key));
    assertThrows(IllegalArgumentException.class, () -> inQuery("key=" + key));
    assertThrows(IllegalArgumentException.class, () -> inQuery("key=" + key + "&41"));
  }

  private static String inPath(String path) {
    return text(HttpKeys.inPath(KeysTarget.request(path, null), "/v1/keys/"));
  }

  private static String inQuery(String query) {
    return text(HttpKeys.inQuery(KeysTarget.request("/v1/keys", query)));
  }

  private static String text(byte[] key) {
    return key == null ? null : new String(key, StandardCharsets.ISO_8859_1);
  }
}
