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
import redisproxy.upstream.node.LastReplies.Question;
import redisproxy.upstream.node.LastReplies.Topic;

class LastRepliesTest {
  private static final String SECTION = "# redis-proxy\r\nredis_reachable:0\r\n";

  private final LastReplies lastReplies = new LastReplies();

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
    byte[] reply = lastReplies.recall(question);
    return reply == null ? null : new String(reply, StandardCharsets.ISO_8859_1);
  }

  private static Server server() {
    return new Server(Map.of(), Server.Modules.NONE, CommandTable.EMPTY);
  }

  @Test
  void command_isRecalledUnchanged_onlyForTheSameQuestion() {
    lastReplies.remember(command("COMMAND COUNT"), bytes(":240\r\n"));
    assertEquals(":240\r\n", recalled(command("COMMAND COUNT")));
    assertNull(recalled(command("COMMAND count")));
    assertNull(recalled(info("COMMAND COUNT")));
    assertNull(recalled(new Question(Topic.COMMAND, true, -1, bytes("COMMAND COUNT"))));
  }

  @Test
  void info_isMarkedAsOutdated() {
    lastReplies.remember(info("INFO"), bytes("$8\r\n# A\r\nb\r\n\r\n"));
    String text = "# A\r\nb\r\n\r\n" + SECTION;
    assertEquals("$" + text.length() + "\r\n" + text + "\r\n", recalled(info("INFO")));
    lastReplies.remember(info("INFO 3"), bytes("=12\r\ntxt:# A\r\nb\r\n\r\n"));
    text = "txt:# A\r\nb\r\n\r\n" + SECTION;
    assertEquals("=" + text.length() + "\r\n" + text + "\r\n", recalled(info("INFO 3")));
  }

  @Test
  void emptyInfo_isOnlyTheMark() {
    lastReplies.remember(info("INFO x"), bytes("$0\r\n\r\n"));
    assertEquals("$" + SECTION.length() + "\r\n" + SECTION + "\r\n", recalled(info("INFO x")));
    lastReplies.remember(info("INFO y"), bytes("=4\r\ntxt:\r\n"));
    assertEquals(
        "=" + (SECTION.length() + 4) + "\r\ntxt:" + SECTION + "\r\n", recalled(info("INFO y")));
  }

  @Test
  void info_thatIsNotAString_isNotRecalled() {
    for (String reply : new String[] {"+OK\r\n", "$-1\r\n", "_\r\n", "*0\r\n", ":1\r\n"}) {
      lastReplies.remember(info("INFO"), bytes(reply));
      assertNull(recalled(info("INFO")), reply);
    }
  }

  @Test
  void errors_areNotRemembered() {
    lastReplies.remember(info("INFO"), bytes("-LOADING x\r\n"));
    lastReplies.remember(command("COMMAND"), bytes("-NOPERM x\r\n"));
    lastReplies.remember(database(3), bytes("-ERR DB index is out of range\r\n"));
    assertNull(recalled(info("INFO")));
    assertNull(recalled(command("COMMAND")));
    assertNull(recalled(database(3)));
    assertFalse(lastReplies.hasDatabase(3));
  }

  @Test
  void equalReplies_areHeldOnce() {
    byte[] first = bytes("*0\r\n");
    assertSame(first, lastReplies.remember(command("COMMAND"), first));
    assertSame(first, lastReplies.remember(command("COMMAND"), bytes("*0\r\n")));
    byte[] other = bytes("*1\r\n:1\r\n");
    assertSame(other, lastReplies.remember(command("COMMAND"), other));
    assertArrayEquals(other, lastReplies.recall(command("COMMAND")));
  }

  @Test
  void entries_areBounded_leastRecentlyUsedAreEvicted() {
    lastReplies.remember(command("first"), bytes(":1\r\n"));
    lastReplies.remember(command("second"), bytes(":2\r\n"));
    for (int i = 0; i < 63; i++) {
      assertNotNull(recalled(command("first")));
      lastReplies.remember(command("other " + i), bytes(":3\r\n"));
    }
    assertEquals(":1\r\n", recalled(command("first")));
    assertNull(recalled(command("second")));
    assertEquals(":3\r\n", recalled(command("other 0")));
  }

  @Test
  void bytes_areBounded_alsoAfterReplacingAndClearing() {
    for (int round = 0; round < 20; round++) {
      lastReplies.remember(command("same"), new byte[1024 * 1024 + round]);
      lastReplies.server(server());
      lastReplies.remember(info("same"), new byte[1024 * 1024 + round]);
    }
    lastReplies.remember(command("a"), new byte[1024 * 1024]);
    lastReplies.remember(command("b"), new byte[1024 * 1024]);
    assertNotNull(recalled(command("a")));
    lastReplies.remember(command("c"), new byte[1024 * 1024]);
    lastReplies.remember(command("d"), new byte[1024 * 1024]);
    assertNull(recalled(command("b")));
    assertNotNull(recalled(command("a")));
    lastReplies.remember(command("huge"), new byte[4 * 1024 * 1024]);
    assertNull(recalled(command("huge")));
    assertNotNull(recalled(command("d")));
  }

  @Test
  void database_isKnownOnceRemembered() {
    assertFalse(lastReplies.hasDatabase(3));
    assertFalse(lastReplies.hasDatabase(-1));
    lastReplies.remember(database(3), bytes("+OK\r\n"));
    lastReplies.remember(database(-1), bytes("+OK\r\n"));
    assertTrue(lastReplies.hasDatabase(3));
    assertFalse(lastReplies.hasDatabase(4));
    assertFalse(lastReplies.hasDatabase(-1));
    assertNull(recalled(database(4)));
    assertNull(recalled(database(-1)));
  }

  /** After a reconnect the proxy asks again. In an outage it still uses the old replies. */
  @Test
  void server_whenNew_forgetsCommandsAndDatabases() {
    Server first = server();
    lastReplies.server(first);
    lastReplies.remember(database(3), bytes("+OK\r\n"));
    lastReplies.remember(command("COMMAND"), bytes("*0\r\n"));
    lastReplies.remember(info("INFO"), bytes("$1\r\nx\r\n"));
    lastReplies.server(first);
    assertTrue(lastReplies.hasDatabase(3));
    assertNotNull(recalled(command("COMMAND")));
    lastReplies.server(server());
    assertFalse(lastReplies.hasDatabase(3));
    assertEquals("+OK\r\n", recalled(database(3)));
    assertNull(recalled(command("COMMAND")));
    assertNotNull(recalled(info("INFO")));
  }
}
