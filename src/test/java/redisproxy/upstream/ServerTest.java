package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a server reports about itself, and what the proxy assumes when it reports nothing. */
class ServerTest {
  private static final String UNKNOWN_COMMAND = "-ERR unknown command 'HELLO'";
  private static final List<Object> COMMANDS =
      List.of(List.of("get", 2, List.of("+readonly"), 1, 1, 1));

  private final Loop loop = new Loop();
  private final FakeRedis redis = new FakeRedis(loop, null, 0);
  private Future<Server> asked;

  @BeforeEach
  void ask() throws Exception {
    asked = loop.call(() -> Server.ask(redis));
    assertEquals(List.of("HELLO 2", "COMMAND"), redis.sent());
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private Server told(Object hello, Object commands) throws Exception {
    redis.reply(hello);
    assertFalse(asked.isComplete());
    redis.reply(commands);
    assertTrue(asked.succeeded());
    return asked.result();
  }

  @Test
  void ask_readsHelloAndCommand() throws Exception {
    Server server =
        told(
            List.of("server", "valkey", "proto", 2, "role", "master", "modules", List.of()),
            COMMANDS);
    assertEquals(Map.of("server", "valkey", "proto", "2", "role", "master"), server.hello());
    assertEquals(new Server.Modules("*0\r\n", "*0\r\n"), server.modules());
    assertEquals("master", server.role());
    assertFalse(server.commands().isEmpty());
  }

  @Test
  void ask_whenHelloIsUnknown_stillReadsCommands() throws Exception {
    Server server = told(UNKNOWN_COMMAND, COMMANDS);
    assertEquals(Map.of(), server.hello());
    assertEquals(Server.Modules.NONE, server.modules());
    assertEquals("", server.role());
    assertFalse(server.commands().isEmpty());
  }

  @Test
  void ask_whenCommandIsForbidden_stillReadsHello() throws Exception {
    Server server = told(List.of("role", "replica"), "-NOPERM no permissions for 'command'");
    assertEquals("replica", server.role());
    assertTrue(server.commands().isEmpty());
  }

  @Test
  void ask_whenCommandReplyIsMalformed_stillReadsHello() throws Exception {
    Server server = told(List.of("role", "master"), List.of(List.of("get", 2)));
    assertEquals("master", server.role());
    assertTrue(server.commands().isEmpty());
  }

  @Test
  void ask_whenHelloReplyIsMalformed_stillReadsCommands() throws Exception {
    Server server = told("+OK", COMMANDS);
    assertEquals(Map.of(), server.hello());
    assertFalse(server.commands().isEmpty());
  }

  @Test
  void ask_whenTheConnectionIsLost_knowsNothing() throws Exception {
    redis.lose();
    assertTrue(asked.succeeded());
    assertEquals(Map.of(), asked.result().hello());
    assertTrue(asked.result().commands().isEmpty());
  }

  /** RESP3 has a map for each module. Lengths count bytes. */
  @Test
  void modules_areEncodedForResp2AndResp3() throws Exception {
    List<Object> search =
        List.of("name", "search", "ver", 20811, "path", "/\u00e9", "args", List.of("a", 1));
    List<Object> json = List.of("name", "ReJSON", "ver", 2);
    Server server = told(List.of("role", "master", "modules", List.of(search, json)), COMMANDS);
    String fields = "$4 name $6 search $3 ver :20811 $4 path $3 /\u00c3\u00a9 $4 args *2 $1 a :1 ";
    String others = "$4 name $6 ReJSON $3 ver :2 ";
    assertEquals(lines("*2 *8 " + fields + "*4 " + others), server.modules().resp2());
    assertEquals(lines("*2 %4 " + fields + "%2 " + others), server.modules().resp3());
  }

  private static String lines(String text) {
    return text.replace(" ", "\r\n");
  }

  @Test
  void role_sendsOnlyHello() throws Exception {
    redis.reply(UNKNOWN_COMMAND, COMMANDS);
    Future<String> role = loop.call(() -> Server.role(redis));
    assertEquals(List.of("HELLO 2"), redis.sent());
    redis.reply(List.of("server", "redis", "role", "replica"));
    assertEquals("replica", role.result());
    Future<String> untold = loop.call(() -> Server.role(redis));
    redis.reply(List.of("server", "redis"));
    assertEquals("", untold.result());
    Future<String> refused = loop.call(() -> Server.role(redis));
    redis.reply(UNKNOWN_COMMAND);
    assertTrue(refused.failed());
  }

  @ParameterizedTest
  @CsvSource({
    "%2 $4 role $6 master $7 version $1 7 , true",
    "*4 $4 role $6 master $7 version $1 7 , true",
    "*4 $4 role $7 replica $7 version $1 7 , false",
    "'-NOPERM role master', false",
    "'', false"
  })
  void saysMaster_onlyForAMastersHelloReply(String reply, boolean expected) {
    assertEquals(expected, Server.saysMaster(lines(reply + " ")));
  }
}
