package redisproxy.consistency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static redisproxy.consistency.Operation.Outcome.DONE;
import static redisproxy.consistency.Operation.Outcome.REFUSED;
import static redisproxy.consistency.Operation.Outcome.UNKNOWN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import redisproxy.consistency.Fault.Kind;

/** Known histories, right and wrong, with the faults to find. Times are milliseconds. */
class CheckerTest {
  private static final String KEY = "0/k";
  private static final long LATE_MS = 100;

  private final List<Operation> operations = new ArrayList<>();
  private final List<LogEntry> log = new ArrayList<>();
  private boolean outOfReach;

  private static long nanos(long ms) {
    return ms * 1_000_000;
  }

  private void add(
      int session,
      Channel channel,
      Part part,
      String value,
      long from,
      long to,
      Operation.Outcome how) {
    operations.add(
        new Operation(session, channel, "asked", part, value, nanos(from), nanos(to), how, false));
  }

  private void wrote(int session, Channel channel, String value, long from, long to) {
    add(session, channel, Part.write(KEY, value), value, from, to, DONE);
  }

  private void read(int session, Channel channel, String value, long from, long to) {
    add(session, channel, Part.read(KEY), value, from, to, DONE);
  }

  private void redis(long at, String... words) {
    log.add(new LogEntry(nanos(at), 0, List.of(words)));
  }

  private Checker checker() {
    return new Checker(new VersionHistory(log, operations), LATE_MS, (from, to) -> outOfReach);
  }

  private void assertFound(Kind... kinds) {
    List<Kind> found = checker().check(operations).stream().map(Fault::kind).toList();
    assertEquals(Arrays.asList(kinds), found);
  }

  /**
   * Writes version a through the proxy, acknowledged at 2, and b, acknowledged at 5. Both are in
   * the log.
   */
  private void twoWrites(Channel second) {
    wrote(1, Channel.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    wrote(2, second, "b", 4, 5);
    redis(4, "set", "k", "b");
  }

  @Test
  void consistentReads_areNoFaults() {
    read(3, Channel.RESP, null, 0, 1);
    twoWrites(Channel.RESP);
    read(3, Channel.RESP, "a", 4, 6);
    read(3, Channel.HTTP, "b", 4, 5);
    read(3, Channel.RESP, "b", 9, 10);
    read(4, Channel.STRAIGHT, "b", 9, 10);
    assertFound();
  }

  @Test
  void readThatOverlooksAWriteThroughTheProxy_isStale() {
    twoWrites(Channel.RESP);
    read(3, Channel.RESP, "a", 6, 7);
    read(4, Channel.HTTP, null, 6, 7);
    assertFound(Kind.STALE, Kind.STALE);
  }

  @Test
  void writePastTheProxy_mayBeOverlookedForAShortTime() {
    twoWrites(Channel.STRAIGHT);
    read(3, Channel.RESP, "a", 6, 7);
    read(3, Channel.RESP, "a", 5 + LATE_MS, 200);
    assertFound();
    read(3, Channel.RESP, "a", 6 + LATE_MS, 200);
    assertFound(Kind.LATE);
    outOfReach = true;
    assertFound();
  }

  @Test
  void staleReadFromRedisItself_isAHarnessError() {
    twoWrites(Channel.STRAIGHT);
    read(3, Channel.STRAIGHT, "a", 6, 7);
    assertFound(Kind.HARNESS);
  }

  @Test
  void sessionThatGoesBack_isFound_forWritesPastTheProxyToo() {
    twoWrites(Channel.STRAIGHT);
    read(3, Channel.RESP, "b", 6, 7);
    read(4, Channel.RESP, "a", 8, 9);
    read(3, Channel.RESP, "a", 8, 9);
    outOfReach = true;
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void readThatMissesAWriteOfItsOwnPipeline_goesBack() {
    twoWrites(Channel.STRAIGHT);
    wrote(3, Channel.RESP, "c", 10, 12);
    redis(11, "set", "k", "c");
    read(3, Channel.RESP, "b", 10, 12);
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void valueThatWasNeverWritten_orNotYet_isFound() {
    twoWrites(Channel.RESP);
    read(3, Channel.RESP, "x", 2, 3);
    read(4, Channel.RESP, "b", 2, 3);
    assertFound(Kind.INVENTED, Kind.INVENTED);
  }

  @Test
  void missing_countsAsTheOldestDeletionThatFits() {
    twoWrites(Channel.RESP);
    add(1, Channel.RESP, Part.delete(KEY, "del:1"), null, 6, 7, DONE);
    redis(6, "del", "k", "del:1");
    read(3, Channel.RESP, null, 8, 9);
    read(3, Channel.RESP, "b", 6, 6);
    assertFound(Kind.WENT_BACK);
    operations.remove(operations.size() - 1);
    read(3, Channel.RESP, "b", 8, 9);
    assertFound(Kind.WENT_BACK);
    read(4, Channel.RESP, "b", 8, 9);
    assertFound(Kind.WENT_BACK, Kind.STALE);
  }

  @Test
  void missingWithoutADeletion_isStale() {
    twoWrites(Channel.RESP);
    read(3, Channel.RESP, null, 8, 9);
    assertFound(Kind.STALE);
  }

  @Test
  void expiredValue_isNotServed() {
    Part part = new Part(KEY, "a", "a", 50);
    add(1, Channel.STRAIGHT, part, "a", 1, 2, DONE);
    redis(1, "set", "k", "a", "PX", "50");
    redis(80, LogEntry.EXPIRED, "k");
    read(3, Channel.RESP, "a", 51, 53);
    assertFound();
    read(3, Channel.RESP, "a", 70, 71);
    assertFound(Kind.OUTLIVED);
  }

  @Test
  void expiredValueSwappedIn_isGoneFromThenOn() {
    add(1, Channel.STRAIGHT, new Part("1/k", "b", "b", 50), "b", 1, 2, DONE);
    log.add(new LogEntry(nanos(1), 1, List.of("set", "k", "b", "PX", "50")));
    wrote(2, Channel.STRAIGHT, "a", 3, 4);
    redis(3, "set", "k", "a");
    redis(200, "swapdb", "0", "1");
    redis(210, LogEntry.EXPIRED, "k");
    read(3, Channel.STRAIGHT, "a", 180, 181);
    assertFound();
    read(3, Channel.STRAIGHT, "a", 240, 241);
    assertFound(Kind.HARNESS);
  }

  /** The proxy may not yet know of a value that was written past it and has expired. */
  @Test
  void valueBeforeAnExpiredOne_mayBeReadForTheUsualTime() {
    wrote(1, Channel.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(2, Channel.STRAIGHT, new Part(KEY, "b", "b", 20), "b", 3, 4, DONE);
    redis(3, "set", "k", "b", "PX", "20");
    redis(24, LogEntry.EXPIRED, "k");
    read(3, Channel.RESP, "a", 60, 61);
    assertFound();
    read(3, Channel.RESP, "a", 200, 201);
    assertFound(Kind.LATE);
  }

  @Test
  void writeNotDone_orDoneTwice_orDoneThoughRefused_isFound() {
    twoWrites(Channel.RESP);
    wrote(3, Channel.RESP, "lost", 7, 8);
    redis(9, "set", "k", "a");
    add(3, Channel.RESP, Part.write(KEY, "refused"), "refused", 9, 10, REFUSED);
    redis(10, "set", "k", "refused");
    assertFound(Kind.DONE_TWICE, Kind.NOT_DONE, Kind.DONE_THOUGH_REFUSED);
  }

  @Test
  void writesOutOfOrder_areFound() {
    wrote(1, Channel.RESP, "a", 1, 5);
    wrote(1, Channel.RESP, "b", 1, 5);
    redis(2, "set", "k", "b");
    redis(3, "set", "k", "a");
    assertFound(Kind.OUT_OF_ORDER);
  }

  @Test
  void writeWithoutReply_mayBeReadOrNot() {
    wrote(1, Channel.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(1, Channel.RESP, Part.write(KEY, "b"), "b", 3, 4, UNKNOWN);
    redis(8, "set", "k", "b");
    read(3, Channel.RESP, "a", 20, 21);
    read(3, Channel.RESP, "b", 22, 23);
    assertFound();
    read(3, Channel.RESP, "a", 24, 25);
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void versionsOfStructures_areFoundInTheLog() {
    for (List<String> words :
        List.of(
            List.of("hset", "k", "f", "%s", "g", "%s"),
            List.of("rpush", "k", "%s"),
            List.of("sadd", "k", "%s"),
            List.of("zadd", "k", "%s", "m"))) {
      operations.clear();
      log.clear();
      wrote(1, Channel.RESP, "7", 1, 2);
      redis(1, words.stream().map(word -> word.replace("%s", "7")).toArray(String[]::new));
      wrote(2, Channel.RESP, "8", 4, 5);
      redis(4, words.stream().map(word -> word.replace("%s", "8")).toArray(String[]::new));
      read(3, Channel.RESP, "8", 6, 7);
      assertFound();
      read(4, Channel.RESP, "7", 6, 7);
      assertFound(Kind.STALE);
    }
  }

  @Test
  void fieldsThatExpired_areMissingFromThenOn_thoughNothingSaysSo() {
    add(1, Channel.RESP, new Part(KEY, "a", "a", 50), "a", 1, 2, DONE);
    redis(1, "hset", "k", "f", "a", "g", "a");
    redis(1, "hpexpire", "k", "50", "FIELDS", "2", "f", "g");
    read(3, Channel.RESP, "a", 30, 31);
    read(3, Channel.RESP, null, 55, 56);
    assertFound();
    wrote(2, Channel.RESP, "b", 80, 81);
    redis(80, "hset", "k", "f", "b", "g", "b");
    read(3, Channel.RESP, "b", 82, 83);
    assertFound();
    read(4, Channel.RESP, "a", 75, 76);
    assertFound(Kind.OUTLIVED);
  }

  @Test
  void fieldsThatWereWrittenBeforeTheyExpired_doNotExpire() {
    add(1, Channel.RESP, new Part(KEY, "a", "a", 50), "a", 1, 2, DONE);
    redis(1, "hset", "k", "f", "a", "g", "a");
    redis(1, "hpexpire", "k", "50", "FIELDS", "2", "f", "g");
    wrote(2, Channel.RESP, "b", 20, 21);
    redis(20, "hset", "k", "f", "b", "g", "b");
    read(3, Channel.RESP, "b", 22, 23);
    assertFound();
    read(3, Channel.RESP, null, 90, 91);
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void fieldsSwappedIn_expireInTheOtherDatabase() {
    add(1, Channel.RESP, new Part(KEY, "a", "a", 50), "a", 1, 2, DONE);
    redis(1, "hset", "k", "f", "a", "g", "a");
    redis(1, "hpexpire", "k", "50", "FIELDS", "2", "f", "g");
    add(2, Channel.RESP, new Part(null, null, "SWAPDB 0 1#1", 0), null, 4, 5, DONE);
    redis(4, "swapdb", "0", "1");
    add(3, Channel.RESP, Part.read("1/k"), "a", 6, 7, DONE);
    add(3, Channel.RESP, Part.read("1/k"), null, 60, 61, DONE);
    read(3, Channel.RESP, null, 60, 61);
    assertFound();
  }

  @Test
  void pair_isOneKey_andMustNotBeTorn() {
    String pair = "0/p0";
    add(1, Channel.RESP, Part.write(pair, "a"), "a", 1, 2, DONE);
    redis(1, "mset", "p0a", "a", "p0b", "a");
    add(1, Channel.RESP, Part.delete(pair, "del:1"), null, 3, 4, DONE);
    redis(3, "del", "p0a", "p0b", "del:1");
    add(1, Channel.RESP, Part.write(pair, "b"), "b", 5, 6, DONE);
    redis(5, "mset", "p0a", "b", "p0b", "b");
    add(2, Channel.RESP, Part.read(pair), Structure.version(List.of("b", "b")), 7, 8, DONE);
    assertFound();
    for (Object torn : List.of(List.of("a", "b"), Arrays.asList(null, "b"), ":1")) {
      add(2, Channel.RESP, Part.read(pair), Structure.version(torn), 7, 8, DONE);
    }
    add(2, Channel.RESP, Part.read(pair), Structure.version(":0"), 7, 8, DONE);
    assertFound(Kind.INVENTED, Kind.INVENTED, Kind.INVENTED, Kind.WENT_BACK);
  }

  @Test
  void existsOfBothStringsOfAPair_saysNothingAboutTheirVersion() {
    Step step = Step.read("0/p0", "EXISTS", "p0a", "p0b");
    assertEquals(UNKNOWN, step.results(1, Channel.RESP, 1, 2, ":2", true).get(0).outcome());
    assertEquals(DONE, step.results(1, Channel.RESP, 1, 2, ":1", true).get(0).outcome());
    Step delete = Structure.PAIR.delete("0/p0", "del:1");
    assertEquals(DONE, delete.results(1, Channel.RESP, 1, 2, ":2", true).get(0).outcome());
  }

  @Test
  void replyWithFieldsOfTwoWrites_isFound() {
    twoWrites(Channel.STRAIGHT);
    read(3, Channel.RESP, Structure.version(List.of("f", "b", "g", "b")), 4, 5);
    assertFound();
    read(4, Channel.RESP, Structure.version(List.of("f", "a", "g", "b")), 4, 5);
    read(4, Channel.RESP, Structure.version(Arrays.asList("a", null)), 4, 5);
    assertFound(Kind.INVENTED, Kind.INVENTED);
  }

  @Test
  void version_isTheSameInBothVersionsOfResp() {
    assertEquals("7", Structure.version(List.of("m", "7")));
    assertEquals("7", Structure.version(List.of(List.of("m", ",7"))));
    assertNull(Structure.version(List.of()));
    assertNull(Structure.version(Arrays.asList(null, null)));
    assertNull(Structure.version(""));
  }

  @Test
  void valueThatIsNoMember_saysNothing() {
    Step step = Step.isMember(KEY, "a");
    assertEquals("a", step.results(1, Channel.RESP, 1, 2, ":1", true).get(0).value());
    assertEquals(DONE, step.results(1, Channel.RESP, 1, 2, ":1", true).get(0).outcome());
    assertEquals(UNKNOWN, step.results(1, Channel.RESP, 1, 2, ":0", true).get(0).outcome());
  }

  @Test
  void writeBetweenReadAndWriteOfATransaction_isFound() {
    twoWrites(Channel.RESP);
    read(3, Channel.RESP, "a", 1, 20);
    operations.add(
        new Operation(
            3, Channel.RESP, "EXEC", Part.write(KEY, "c"), "c", nanos(1), nanos(20), DONE, true));
    redis(10, "set", "k", "c");
    assertFound(Kind.NOT_ATOMIC);
  }

  @Test
  void rename_makesVersions_thatLaterReadsMustSee() {
    wrote(1, Channel.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(3, Channel.RESP, Part.read("0/other"), null, 1, 2, DONE);
    String tag = "RENAME k other#1";
    add(2, Channel.RESP, new Part(null, null, tag, 0), null, 4, 5, DONE);
    redis(4, "rename", "k", "other");
    read(3, Channel.RESP, null, 6, 7);
    add(3, Channel.RESP, Part.read("0/other"), "a", 6, 7, DONE);
    assertFound();
    read(4, Channel.RESP, "a", 6, 7);
    add(4, Channel.RESP, Part.read("0/other"), null, 6, 7, DONE);
    assertFound(Kind.STALE, Kind.STALE);
  }

  @Test
  void swapdb_makesVersions_thatLaterReadsMustSee() {
    wrote(1, Channel.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(2, Channel.RESP, new Part(null, null, "SWAPDB 0 1#1", 0), null, 4, 5, DONE);
    redis(4, "swapdb", "0", "1");
    add(3, Channel.RESP, Part.read("1/k"), "a", 6, 7, DONE);
    read(3, Channel.RESP, null, 6, 7);
    assertFound();
    read(4, Channel.RESP, "a", 6, 7);
    assertFound(Kind.STALE);
  }

  /** Before a crash Redis may have executed more than its log shows, in any order. */
  @Test
  void lossOfAllData_isNoFault_butReadingLostValuesIs() {
    wrote(1, Channel.RESP, "a", 1, 2);
    wrote(1, Channel.RESP, "b", 3, 4);
    wrote(2, Channel.RESP, "c", 3, 4);
    redis(1, "set", "k", "a");
    redis(6, LogEntry.LOST);
    read(3, Channel.RESP, "c", 4, 5);
    read(3, Channel.RESP, "b", 4, 5);
    read(3, Channel.RESP, null, 200, 201);
    assertFound();
    read(3, Channel.RESP, "b", 202, 203);
    assertFound(Kind.WENT_BACK, Kind.LATE);
  }

  @Test
  void readAtTheEnd_mustEqualRedis() {
    twoWrites(Channel.RESP);
    Checker checker = checker();
    checker.check(operations);
    checker.inTheEnd(KEY, Channel.HTTP, "b", "b");
    assertEquals(0, checker.check(List.of()).size());
    checker.inTheEnd(KEY, Channel.HTTP, "a", "b");
    assertEquals(Kind.STALE_IN_THE_END, checker.check(List.of()).get(0).kind());
    checker.inTheEnd(KEY, Channel.HTTP, "a", "a");
    assertEquals(Kind.HARNESS, checker.check(List.of()).get(1).kind());
  }

  @Test
  void lineOfMonitor_isParsed() {
    LogEntry done =
        LogEntry.parse("+1339518083.107412 [1 lua] \"SET\" \"k\\\"\\\\\" \"a b\"", nanos(1));
    assertEquals(List.of("set", "k\"\\", "a b"), done.words());
    assertEquals(1, done.db());
  }
}
