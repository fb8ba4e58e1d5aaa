package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import redisproxy.command.CommandTable;
import redisproxy.upstream.Server;
import redisproxy.upstream.node.Memo.Question;
import redisproxy.upstream.node.Memo.Topic;

class MemoTest {
  private static final String SECTION = "# redis-proxy\r\nredis_reachable:0\r\n";

  private final Memo memo = new Memo();

  private static Question info(String text) {
    return new Question(Topic.INFO, false, -1, bytes(text));
  }

  private static Question command(String text) {
    return new Question(Topic.COMMAND, false, -1, bytes(text));
  }

  private static Question database(int db) {
    return new Question(Topic.DATABASE, false, db, bytes("SELECT " + db));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private String recalled(Question question) {
    byte[] reply = memo.recall(question);
    return reply == null ? null : new String(reply, StandardCharsets.ISO_8859_1);
  }

  private static Server server() {
    return new Server(Map.of(), Server.Modules.NONE, CommandTable.EMPTY);
  }

  @Test
  void command_isRecalledUnchanged_onlyForTheSameQuestion() {
    memo.remember(command("COMMAND COUNT"), bytes(":240\r\n"));
    assertEquals(":240\r\n", recalled(command("COMMAND COUNT")));
    assertNull(recalled(command("COMMAND count")));
    assertNull(recalled(info("COMMAND COUNT")));
    assertNull(recalled(new Question(Topic.COMMAND, true, -1, bytes("COMMAND COUNT"))));
  }

  @Test
  void info_isMarkedAsOutdated() {
    memo.remember(info("INFO"), bytes("$8\r\n# A\r\nb\r\n\r\n"));
    String text = "# A\r\nb\r\n\r\n" + SECTION;
    assertEquals("$" + text.length() + "\r\n" + text + "\r\n", recalled(info("INFO")));
    memo.remember(info("INFO 3"), bytes("=12\r\ntxt:# A\r\nb\r\n\r\n"));
    text = "txt:# A\r\nb\r\n\r\n" + SECTION;
    assertEquals("=" + text.length() + "\r\n" + text + "\r\n", recalled(info("INFO 3")));
  }

  @Test
  void emptyInfo_isOnlyTheMark() {
    memo.remember(info("INFO x"), bytes("$0\r\n\r\n"));
    assertEquals("$" + SECTION.length() + "\r\n" + SECTION + "\r\n", recalled(info("INFO x")));
    memo.remember(info("INFO y"), bytes("=4\r\ntxt:\r\n"));
    assertEquals(
        "=" + (SECTION.length() + 4) + "\r\ntxt:" + SECTION + "\r\n", recalled(info("INFO y")));
  }

  @Test
  void info_thatIsNotAString_isNotRecalled() {
    for (String reply : new String[] {"+OK\r\n", "$-1\r\n", "_\r\n", "*0\r\n", ":1\r\n"}) {
      memo.remember(info("INFO"), bytes(reply));
      assertNull(recalled(info("INFO")), reply);
    }
  }

  @Test
  void errors_areNotRemembered() {
    memo.remember(info("INFO"), bytes("-LOADING x\r\n"));
    memo.remember(command("COMMAND"), bytes("-NOPERM x\r\n"));
    memo.remember(database(3), bytes("-ERR DB index is out of range\r\n"));
    assertNull(recalled(info("INFO")));
    assertNull(recalled(command("COMMAND")));
    assertNull(recalled(database(3)));
    assertFalse(memo.hasDatabase(3));
  }

  @Test
  void equalReplies_areHeldOnce() {
    byte[] first = bytes("*0\r\n");
    assertSame(first, memo.remember(command("COMMAND"), first));
    assertSame(first, memo.remember(command("COMMAND"), bytes("*0\r\n")));
    byte[] other = bytes("*1\r\n:1\r\n");
    assertSame(other, memo.remember(command("COMMAND"), other));
    assertArrayEquals(other, memo.recall(command("COMMAND")));
  }

  @Test
  void entries_areBounded_leastRecentlyUsedAreEvicted() {
    memo.remember(command("first"), bytes(":1\r\n"));
    memo.remember(command("second"), bytes(":2\r\n"));
    for (int i = 0; i < 63; i++) {
      assertNotNull(recalled(command("first")));
      memo.remember(command("other " + i), bytes(":3\r\n"));
    }
    assertEquals(":1\r\n", recalled(command("first")));
    assertNull(recalled(command("second")));
    assertEquals(":3\r\n", recalled(command("other 0")));
  }

  @Test
  void bytes_areBounded_alsoAfterReplacingAndClearing() {
    for (int round = 0; round < 20; round++) {
      memo.remember(command("same"), new byte[1024 * 1024 + round]);
      memo.server(server());
      memo.remember(info("same"), new byte[1024 * 1024 + round]);
    }
    memo.remember(command("a"), new byte[1024 * 1024]);
    memo.remember(command("b"), new byte[1024 * 1024]);
    assertNotNull(recalled(command("a")));
    memo.remember(command("c"), new byte[1024 * 1024]);
    memo.remember(command("d"), new byte[1024 * 1024]);
    assertNull(recalled(command("b")));
    assertNotNull(recalled(command("a")));
    memo.remember(command("huge"), new byte[4 * 1024 * 1024]);
    assertNull(recalled(command("huge")));
    assertNotNull(recalled(command("d")));
  }

  @Test
  void database_isKnownOnceRemembered() {
    assertFalse(memo.hasDatabase(3));
    assertFalse(memo.hasDatabase(-1));
    memo.remember(database(3), bytes("+OK\r\n"));
    memo.remember(database(-1), bytes("+OK\r\n"));
    assertTrue(memo.hasDatabase(3));
    assertFalse(memo.hasDatabase(4));
    assertFalse(memo.hasDatabase(-1));
    assertNull(recalled(database(4)));
    assertNull(recalled(database(-1)));
  }

  /** After a reconnect the proxy asks again. In an outage it still uses the old replies. */
  @Test
  void server_whenNew_forgetsCommandsAndDatabases() {
    Server first = server();
    memo.server(first);
    memo.remember(database(3), bytes("+OK\r\n"));
    memo.remember(command("COMMAND"), bytes("*0\r\n"));
    memo.remember(info("INFO"), bytes("$1\r\nx\r\n"));
    memo.server(first);
    assertTrue(memo.hasDatabase(3));
    assertNotNull(recalled(command("COMMAND")));
    memo.server(server());
    assertFalse(memo.hasDatabase(3));
    assertEquals("+OK\r\n", recalled(database(3)));
    assertNull(recalled(command("COMMAND")));
    assertNotNull(recalled(info("INFO")));
  }
}
