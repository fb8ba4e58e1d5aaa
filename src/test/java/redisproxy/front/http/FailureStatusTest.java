package redisproxy.front.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.cache.Failure;
import redisproxy.cache.Failure.Kind;

class FailureStatusTest {

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
  void of_dependsOnTheKindAndTheCode(Kind kind, String text, int status) {
    assertEquals(status, FailureStatus.of(new Failure(kind, text)));
  }
}
