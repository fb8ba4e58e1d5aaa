package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.redis.client.impl.types.ErrorType;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisErrorTest {

  @Test
  void text_ofAReply_isItsExactText() {
    String text = "WRONGTYPE Operation against a key holding the wrong kind of value";
    assertEquals(text, RedisError.text(ErrorType.create(text)));
  }

  @Test
  void text_ofAConnectionFailure_isNull() {
    assertNull(RedisError.text(ErrorType.create("CONNECTION_CLOSED")));
    assertNull(RedisError.text(new IOException("WRONGTYPE")));
  }

  @ParameterizedTest
  @CsvSource({
    "WRONGPASS invalid username-password pair or user is disabled., true",
    "NOAUTH Authentication required., true",
    "NOPERM this user has no permissions to run the 'get' command, true",
    "ERR AUTH <password> called without any password configured for the default user., true",
    "WRONGTYPE Operation against a key, false",
    "ERR max number of clients reached, false",
    "LOADING Redis is loading the dataset in memory, false"
  })
  void isRefusal_onlyWhenRedisRefusesTheCredentials(String text, boolean refusal) {
    assertEquals(refusal, RedisError.isRefusal(ErrorType.create(text)));
    assertFalse(RedisError.isRefusal(new IOException(text)), "not a reply of Redis");
  }

  /** Texts of Redis 6.2, 7.0 and of servers that do not know the command. */
  @ParameterizedTest
  @CsvSource({
    "NOPERM this user has no permissions to run the 'getrange' command or its subcommand, true",
    "NOPERM this user has no permissions to run the 'getrange' command, true",
    "NOPERM User app has no permissions to run the 'getrange' command, true",
    "NOPERM this user has no permissions to run the 'pttl' command, false",
    "NOPERM this user has no permissions to access one of the keys used as arguments, false",
    "'ERR unknown command ''GETRANGE'', with args beginning with: ', true",
    "'err unknown command `GETRANGE`', true",
    "ERR unknown, false",
    "WRONGTYPE Operation against a key, false"
  })
  void forbids_onlyWhenTheCommandItselfIsUnavailable(String text, boolean forbids) {
    assertEquals(forbids, RedisError.forbids(ErrorType.create(text), "getrange"));
    assertFalse(RedisError.forbids(new IOException(text), "getrange"), "not a reply of Redis");
  }
}
