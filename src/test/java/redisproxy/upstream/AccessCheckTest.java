package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.config.Configuration;

/** Whether Redis lets in a client without a password, by what it says, without a socket. */
class AccessCheckTest {
  private final Loop loop = new Loop();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private AccessCheck check;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Transport transport = loop.transport(settings);
    AccessCheck.Owner owner =
        new AccessCheck.Owner() {
          @Override
          public void admitted() {
            told.add("admitted");
          }

          @Override
          public void refused() {
            told.add("refused");
          }

          @Override
          public void unknown() {
            told.add("unknown");
          }
        };
    check =
        loop.call(
            () ->
                new AccessCheck(
                    loop.vertx, transport, Configuration.parse(Map.of()).coherence(), owner));
  }

  private Future<Void> changed() throws Exception {
    return loop.call(() -> check.changed());
  }

  private static void await(Future<?> checked) {
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(checked::isComplete);
    assertTrue(checked.succeeded());
  }

  @ParameterizedTest
  @CsvSource({
    "+PONG, admitted",
    "-NOPERM this user has no permissions, admitted",
    "-NOAUTH Authentication required., refused",
    "-LOADING, unknown",
    "'', unknown"
  })
  void answer_tellsWhatHolds(String reply, String expected) throws Exception {
    open();
    Future<Void> checked = changed();
    loop.connect(0);
    assertEquals("*1 $4 PING ", loop.sent(0));
    if (reply.isEmpty()) {
      loop.close(0);
    } else {
      loop.replyLine(0, reply);
    }
    await(checked);
    assertEquals(List.of(expected), told);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
  }

  @Test
  void serverThatCannotBeReached_leavesItUnknown() throws Exception {
    open();
    Future<Void> checked = changed();
    loop.refuse(0);
    await(checked);
    assertEquals(List.of("unknown"), told);
  }

  @Test
  void serverThatSaysNothing_leavesItUnknownInTime() throws Exception {
    open("redis.load-timeout", "100ms");
    Future<Void> checked = changed();
    loop.connect(0);
    await(checked);
    assertEquals(List.of("unknown"), told);
  }

  /** A check that began before may have been answered before the change. */
  @Test
  void changeDuringACheck_isCheckedAnew() throws Exception {
    open();
    Future<Void> first = changed();
    loop.connect(0);
    Future<Void> second = changed();
    assertEquals(1, loop.connections.size());
    loop.replyLine(0, "+PONG");
    await(first);
    assertFalse(second.isComplete());
    assertEquals(2, loop.connections.size());
    loop.connect(1);
    loop.replyLine(1, "-NOAUTH");
    await(second);
    assertEquals(List.of("admitted", "refused"), told);
  }

  /** A reply in two reads is one reply. */
  @Test
  void replyInPieces_isWaitedFor() throws Exception {
    open();
    Future<Void> checked = changed();
    loop.connect(0);
    loop.reply(0, "-NOA");
    assertFalse(checked.isComplete());
    loop.reply(0, "UTH ");
    await(checked);
    assertEquals(List.of("refused"), told);
  }

  @Test
  void proxyWithAPassword_hasNothingToCheck() throws Exception {
    open("redis.url", "redis://:p@localhost:1");
    await(changed());
    assertEquals(0, loop.connections.size());
    assertEquals(List.of(), told);
  }
}
