package redisproxy.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizationTest {
  @ParameterizedTest
  @CsvSource({
    "Basic YTpi, a, b",
    "basic   YTpi, a, b",
    "Basic YTpiOmM=, a, b:c",
    "Basic YTo=, a, ''",
    "Basic OmI=, default, b",
    "Bearer t0ken, default, t0ken",
    "bearer  a:b , default, a:b"
  })
  void header_isRead(String header, String user, String password) {
    Authorization given = Authorization.of(header);
    assertNotNull(given);
    assertEquals(user, new String(given.user(), StandardCharsets.UTF_8));
    assertEquals(password, new String(given.password(), StandardCharsets.UTF_8));
    assertEquals(header.toLowerCase(Locale.ROOT).startsWith("bearer"), given.isToken());
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(strings = {"Basic", "Basic ", "Basic YQ==", "Basic ?", "Digest a:b", "t0ken"})
  void otherHeader_isNotAuthorization(String header) {
    assertNull(Authorization.of(header));
  }
}
