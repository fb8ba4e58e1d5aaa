package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;

/** HELLO needs no dedicated connection, even if the server has modules. */
@InEachShape
class ModulesIT {
  private static final String HELLO =
      "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n8.0.3\r\n"
          + "$5\r\nproto\r\n:%d\r\n$2\r\nid\r\n:777\r\n"
          + "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
          + "$7\r\nmodules\r\n*2\r\n";
  private static final String BLOOM =
      "$4\r\nname\r\n$2\r\nbf\r\n$3\r\nver\r\n:80003\r\n"
          + "$4\r\npath\r\n$22\r\n/modules/caf\u00e9/bloom.so\r\n$4\r\nargs\r\n*0\r\n";
  private static final String SEARCH =
      "$4\r\nname\r\n$6\r\nsearch\r\n$3\r\nver\r\n:-1\r\n"
          + "$4\r\npath\r\n$0\r\n\r\n$4\r\nargs\r\n*2\r\n$7\r\nTIMEOUT\r\n$1\r\n5\r\n";
  private static final String IN_RESP2 =
      "*14\r\n" + HELLO.formatted(2) + "*8\r\n" + BLOOM + "*8\r\n" + SEARCH;
  private static final String IN_RESP3 =
      "%7\r\n" + HELLO.formatted(3) + "%4\r\n" + BLOOM + "%4\r\n" + SEARCH;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @Test
  void hello_isAnsweredLocallyWithTheServersReply() {
    FakeRedis redis = opened.add(new FakeRedis(command -> "+OK\r\n"));
    redis.greeting2 = IN_RESP2;
    redis.greeting3 = IN_RESP3;
    RunningProxy proxy = opened.proxy(shape, redis.url(), "coherence.mode", "expiry");
    await().until(() -> !hello(proxy, "2").contains(":777\r\n"));
    assertEquals(IN_RESP2, masked(hello(proxy, "2")));
    assertEquals(IN_RESP3, masked(hello(proxy, "3")));
  }

  private static String hello(RunningProxy proxy, String version) {
    try (RespClient client = proxy.resp()) {
      return client.call("HELLO", version);
    }
  }

  /** Replaces the proxy's client id with the server's. */
  private static String masked(String reply) {
    return reply.replaceFirst("id\r\n:(?!777\r)\\d+\r\n", "id\r\n:777\r\n");
  }
}
