package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients that ask for more than their share, or end early, before a Redis that is as slow as the
 * test wants.
 */
@ParameterizedClass
@EnumSource(Shape.class)
class HostileClientIT {
  @Parameter Shape shape;

  private static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }

  @Test
  void clientThatEndedItsSide_isAnsweredAndThenClosed() {
    try (FakeRedis redis =
            new FakeRedis(
                command -> command.get(0).equalsIgnoreCase("PTTL") ? ":-1\r\n" : bulk("blue"));
        RunningProxy proxy = RunningProxy.start(shape, redis.url())) {
      for (int i = 0; i < 20; i++) {
        try (RespClient client = proxy.resp()) {
          client.send("GET color" + i + "\r\nGET color\r\nPING\r\n").endOutput();
          assertEquals(bulk("blue"), client.reply());
          assertEquals(bulk("blue"), client.reply());
          assertEquals("+PONG\r\n", client.reply());
          assertTrue(client.isClosedByServer());
        }
      }
    }
  }

  @Test
  void oneLargeValueTooMany_isRefusedAtOnce() {
    CountDownLatch over = new CountDownLatch(1);
    try (FakeRedis redis =
            new FakeRedis(
                command -> {
                  if (command.get(0).equals("GET")) {
                    await(over);
                  }
                  return command.get(0).equalsIgnoreCase("PTTL") ? ":-1\r\n" : bulk("x".repeat(11));
                });
        RunningProxy proxy =
            RunningProxy.start(shape, redis.url(), "cache.max-value-bytes", "10")) {
      List<RespClient> clients = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        clients.add(proxy.resp().send("GET large\r\n"));
      }
      Awaitility.await()
          .until(() -> redis.commands.stream().filter(c -> c.get(0).equals("GET")).count() == 64);
      try (RespClient client = proxy.resp()) {
        client.send("GET large\r\n");
        assertEquals(
            "-ERR redis-proxy: too many large values are being streamed\r\n", client.reply());
      }
      over.countDown();
      clients.forEach(RespClient::close);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
