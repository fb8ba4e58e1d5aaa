package redisproxy.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.cache.Failure;
import redisproxy.cache.Failure.Kind;

class FailuresTest {

  @Test
  void respError_ofRedissOwn_isUnchanged() {
    String text = "WRONGTYPE Operation against a key holding the wrong kind of value";
    assertEquals(text, Failures.respError(new Failure(Kind.REDIS, text)));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"REDIS", "NO_PASSWORD"})
  void respError_ofOurs_saysWhoSpeaks(Kind kind) {
    assertEquals("ERR redis-proxy: why", Failures.respError(new Failure(kind, "why")));
  }

  /** Libraries log in when they see it. */
  @Test
  void respError_whereRedisAsksForAPassword_isRediss() {
    Failure failure = new Failure(Kind.NO_PASSWORD, "Redis refuses the proxy's credentials");
    assertEquals("NOAUTH Authentication required.", Failures.respError(failure));
  }

  @ParameterizedTest
  @CsvSource({
    "UNREACHABLE, why, 503",
    "NO_PASSWORD, why, 503",
    "OVERLOADED, why, 503",
    "TIMEOUT, why, 504",
    "REDIS, WRONGTYPE Operation against a key, 409",
    "REDIS, LOADING Redis is loading the dataset in memory, 503",
    "REDIS, BUSY Redis is busy running a script, 503",
    "REDIS, MASTERDOWN Link with MASTER is down, 503",
    "REDIS, CLUSTERDOWN The cluster is down, 503",
    "REDIS, TRYAGAIN Multiple keys request, 503",
    "REDIS, LOADING, 503",
    "REDIS, NOPERM no permissions, 502",
    "REDIS, NOAUTH Authentication required., 502",
    "REDIS, ERR WRONGTYPE, 502",
    "REDIS, WRONGTYPES are others, 502",
    "REDIS, '', 502"
  })
  void httpStatus_followsFromTheKindAndTheCode(Kind kind, String text, int status) {
    assertEquals(status, Failures.httpStatus(new Failure(kind, text)));
  }
}
