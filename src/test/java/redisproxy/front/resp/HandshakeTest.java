package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.CommandTable;
import redisproxy.command.ConnectionState;
import redisproxy.command.Parsed;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.resp.ProtocolError;
import redisproxy.upstream.Server;

/** Expects replies to HELLO in the form of Redis 7.0.15. */
class HandshakeTest {
  private static final ClientIds IDS = new ClientIds();

  private static Handshake handshake(int home) {
    return handshake(state(home));
  }

  private static Handshake handshake(ConnectionState state) {
    return new Handshake(state, IDS.open(null)::id);
  }

  private static ConnectionState state(int home) {
    return new ConnectionState(home, true, own -> false);
  }

  private static final Server SERVER =
      new Server(
          Map.of("server", "redis", "version", "7.0.15", "mode", "cluster", "role", "replica"),
          Server.Modules.NONE,
          CommandTable.EMPTY);
  private static final String OK = "+OK\r\n";
  private static final String BEFORE_ID =
      "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:%s\r\n"
          + "$2\r\nid\r\n:";
  private static final String BEHIND_ID =
      "\r\n$4\r\nmode\r\n$7\r\ncluster\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$7\r\nmodules\r\n*0\r\n";
  private static final Pattern ID = Pattern.compile("\\$2\r\nid\r\n:(\\d+)\r\n");

  private final ConnectionState state = state(0);
  private final Handshake handshake = handshake(state);

  @Test
  void hello_withoutAVersion_isAnsweredInResp2() {
    assertEquals(hello("*14\r\n", 2), masked(answer("HELLO")));
    assertFalse(state.isResp3());
  }

  @Test
  void hello_2_isAnsweredInResp2() {
    assertEquals(hello("*14\r\n", 2), masked(answer("HELLO", "2")));
    assertFalse(state.isResp3());
  }

  @Test
  void hello_3_isAnsweredInResp3() {
    assertEquals(hello("%7\r\n", 3), masked(answer("heLLo", "3")));
    assertTrue(state.isResp3());
  }

  @Test
  void hello_withoutAVersion_keepsTheVersion() {
    answer("HELLO", "3");
    assertEquals(hello("%7\r\n", 3), masked(answer("HELLO")));
    assertEquals(hello("*14\r\n", 2), masked(answer("HELLO", "2")));
    assertEquals(hello("*14\r\n", 2), masked(answer("HELLO")));
    assertFalse(state.isResp3());
  }

  @Test
  void hello_alwaysReturnsTheSessionsId() {
    String id = id(answer("HELLO"));
    assertEquals(id, id(answer("HELLO", "3")));
    assertNotEquals(id, id(text(answer(handshake(0), SERVER, "HELLO"))));
  }

  @Test
  void clientId_equalsTheIdInHello() {
    String id = answer("client", "ID");
    assertTrue(answer("HELLO").contains("$2\r\nid\r\n" + id), id);
  }

  @Test
  void hello_whenTheServerSentFewFields_usesDefaults() {
    Server server = new Server(Map.of("version", "6.0.0"), Server.Modules.NONE, CommandTable.EMPTY);
    String expected =
        "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n6.0.0\r\n$5\r\nproto\r\n:3\r\n"
            + "$2\r\nid\r\n:ID\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
            + "$7\r\nmodules\r\n*0\r\n";
    assertEquals(expected, masked(text(answer(handshake, server, "HELLO", "3"))));
  }

  @Test
  void hello_whenTheServerIsUnknown_goesToRedis() {
    for (String version : new String[] {"2", "3"}) {
      assertNull(answer(handshake, Server.UNKNOWN, "HELLO", version));
    }
    assertNull(answer(handshake, Server.UNKNOWN, "HELLO"));
    assertNoRequests();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HELLO 3 AUTH default secret",
        "HELLO 2 SETNAME app",
        "HELLO 3 x",
        "HELLO AUTH default secret",
        "HELLO 1",
        "HELLO 4",
        "HELLO 03",
        "HELLO +3",
        "HELLO 33",
        "HELLO 3x",
        "HELLO x",
        "HELLOO 3",
        "HELL 3"
      })
  void hello_inAnotherForm_goesToRedis(String request) {
    assertNull(answer(handshake, SERVER, request.split(" ")));
    assertNull(answer(handshake, SERVER, "HELLO", ""));
    assertNoRequests();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT SETNAME app",
        "client setname !~",
        "CLIENT SetName 0123456789012345678901234567890123456789012345678901234567890123",
        "CLIENT SETINFO LIB-NAME jedis",
        "CLIENT SETINFO lib-name redis-py(x_v1.0)",
        "Client SetInfo lib-VER 5.1.0"
      })
  void client_withAPlainName_isOk(String request) {
    assertEquals(OK, answer(request.split(" ")));
    assertEquals(1, handshake.requestCount());
  }

  @Test
  void client_withAnEmptyName_isOk() {
    assertEquals(OK, answer("CLIENT", "SETNAME", ""));
    assertEquals(OK, answer("CLIENT", "SETINFO", "lib-ver", ""));
  }

  @Test
  void client_withANameThatRedisMayRefuse_goesToRedis() {
    for (String name :
        new String[] {"a b", " ", "\n", "a\0", "\177", "\200", "\377", "x".repeat(65), "x\r\n"}) {
      assertNull(answer(handshake, SERVER, "CLIENT", "SETNAME", name));
      assertNull(answer(handshake, SERVER, "CLIENT", "SETINFO", "lib-name", name));
    }
    assertNoRequests();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT",
        "CLIENT SETNAME",
        "CLIENT SETNAME a b",
        "CLIENT SETNAMES a",
        "CLIENT SETINFO",
        "CLIENT SETINFO lib-name",
        "CLIENT SETINFO lib-name a b",
        "CLIENT SETINFO lib-os linux",
        "CLIENT SETINFO lib-name2 x",
        "CLIENT GETNAME",
        "CLIENT ID x",
        "CLIENT REPLY OFF",
        "CLIENT NO-EVICT on",
        "CLIENTS SETNAME a",
        "PING",
        "AUTH secret",
        "CLIENT TRACKING ON x"
      })
  void otherRequest_goesToRedis(String request) {
    assertNull(answer(handshake, SERVER, request.split(" ")));
    assertNoRequests();
  }

  @Test
  void select_ofTheSameDatabase_isOk() {
    assertEquals(OK, answer("SELECT", "0"));
    assertNoRequests();
    assertEquals(OK, text(answer(handshake(15), SERVER, "select", "15")));
  }

  @Test
  void select_ofAnotherDatabase_isRepeatedLast_andSelectingTheFirstIsAnswered() {
    state.select(7);
    assertEquals(OK, answer("CLIENT", "SETNAME", "x"));
    assertEquals(7, state.db());
    assertEquals(
        "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n",
        requests());
    assertEquals(2, handshake.requestCount());
    assertEquals(OK, answer("SELECT", "7"));
    assertNull(answer(handshake, SERVER, "SELECT", "8"));
    assertEquals(OK, answer("SELECT", "0"));
    assertEquals(0, state.db());
    assertEquals(1, handshake.requestCount());
  }

  /** A client may repeat the same requests forever. */
  @Test
  void requests_containTheLastOfEachKind() {
    for (int i = 0; i < 1000; i++) {
      answer("HELLO", i % 2 == 0 ? "3" : "2");
      answer("CLIENT", "SETNAME", "n" + i);
      answer("CLIENT", "SETINFO", "lib-name", "l" + i);
      answer("CLIENT", "SETINFO", "LIB-VER", "v" + i);
      state.select(i);
    }
    assertEquals(5, handshake.requestCount());
    assertEquals(
        "*2\r\n$5\r\nHELLO\r\n$1\r\n2\r\n*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$4\r\nn999\r\n"
            + "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$8\r\nlib-name\r\n$4\r\nl999\r\n"
            + "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$7\r\nLIB-VER\r\n$4\r\nv999\r\n"
            + "*2\r\n$6\r\nSELECT\r\n$3\r\n999\r\n",
        requests());
  }

  @Test
  void select_ofALongNumber_comparesAllDigits() {
    Handshake inAnother = handshake(12_345_678);
    assertEquals(OK, text(answer(inAnother, SERVER, "SELECT", "12345678")));
    assertNull(answer(inAnother, SERVER, "SELECT", "123456789"));
    inAnother = handshake(Integer.MAX_VALUE);
    assertEquals(OK, text(answer(inAnother, SERVER, "SELECT", "2147483647")));
    assertNull(answer(inAnother, SERVER, "SELECT", "21474836470"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "SELECT 150",
        "SELECT 5",
        "SELECT 015",
        "SELECT +15",
        "SELECT 15x",
        "SELECT x",
        "SELECT",
        "SELECT 15 15",
        "SELECT -15",
        "SELECTED 15",
        "SELEC 15"
      })
  void select_ofAnotherText_goesToRedis(String request) {
    Handshake inAnother = handshake(15);
    String before = new String(inAnother.requests(), StandardCharsets.ISO_8859_1);
    assertNull(answer(inAnother, SERVER, request.split(" ")));
    assertNull(answer(inAnother, SERVER, "SELECT", ""));
    assertEquals(before, new String(inAnother.requests(), StandardCharsets.ISO_8859_1));
    assertEquals(1, inAnother.requestCount());
  }

  @Test
  void requests_atTheStart_areEmptyOrSelectTheDatabase() {
    assertNoRequests();
    Handshake inAnother = handshake(15);
    assertEquals("*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n", text(inAnother.requests()));
    assertEquals(1, inAnother.requestCount());
  }

  /** Inline requests are repeated as arrays. An empty name is no name. */
  @Test
  void requests_repeatAnsweredRequests() throws ProtocolError {
    ByteBuf in =
        Unpooled.copiedBuffer(
            "junkhello 3\r\n*3\r\n$6\r\nClient\r\n$7\r\nSETNAME\r\n$0\r\n\r\n"
                + "client setname \"a b\"\r\n*1\r\n$5\r\nHELLO\r\nselect 7\r\n SELECT  '0'\r\n"
                + "CLIENT SETINFO lib-name x\r\nCLIENT REPLY OFF\r\n",
            StandardCharsets.ISO_8859_1);
    in.skipBytes(4);
    RequestParser parser = new RequestParser(new RequestBounds(1000));
    int answered = 0;
    while (parser.parse(in)) {
      answered += handshake.answer(parser.request(), SERVER) == null ? 0 : 1;
    }
    assertEquals(5, answered);
    assertEquals(2, handshake.requestCount());
    String expected =
        "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
            + "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$8\r\nlib-name\r\n$1\r\nx\r\n";
    assertEquals(expected, requests());
  }

  private void assertNoRequests() {
    assertEquals("", requests());
    assertEquals(0, handshake.requestCount());
    assertFalse(state.isResp3());
  }

  private String answer(String... arguments) {
    byte[] answer = answer(handshake, SERVER, arguments);
    assertNotNull(answer, "it goes to Redis");
    return text(answer);
  }

  private static byte[] answer(Handshake handshake, Server server, String... arguments) {
    return handshake.answer(Parsed.array(CommandTable.EMPTY, arguments), server);
  }

  private static String hello(String head, int version) {
    return head + BEFORE_ID.formatted(version) + "ID" + BEHIND_ID;
  }

  private static String id(String reply) {
    Matcher id = ID.matcher(reply);
    assertTrue(id.find(), reply);
    return id.group(1);
  }

  private static String masked(String reply) {
    return reply.replace("id\r\n:" + id(reply) + "\r\n", "id\r\n:ID\r\n");
  }

  private String requests() {
    return text(handshake.requests());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
