package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.cache.Failure;
import redisproxy.cache.Failure.Kind;

class FailureReplyTest {

  @Test
  void to_errorOfRedis_isUnchanged() {
    String text = "WRONGTYPE Operation against a key holding the wrong kind of value";
    assertEquals("-" + text + "\r\n", text(FailureReply.to(new Failure(Kind.REDIS, text))));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"REDIS", "NO_PASSWORD"})
  void to_errorOfTheProxy_hasItsPrefix(Kind kind) {
    assertEquals("-ERR redis-proxy: why\r\n", text(FailureReply.to(new Failure(kind, "why"))));
  }

  /** Client libraries log in when they receive this error. */
  @Test
  void to_whenRedisNeedsAPassword_isNoauth() {
    Failure failure = new Failure(Kind.NO_PASSWORD, "Redis refuses the proxy's credentials");
    assertEquals("-NOAUTH Authentication required.\r\n", text(FailureReply.to(failure)));
  }

  private static String text(byte[] reply) {
    return new String(reply, StandardCharsets.ISO_8859_1);
  }
}
