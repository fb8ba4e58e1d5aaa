package redisproxy.consistency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static redisproxy.consistency.Operation.Outcome.DONE;
import static redisproxy.consistency.Operation.Outcome.REFUSED;
import static redisproxy.consistency.Operation.Outcome.UNKNOWN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import redisproxy.consistency.Fault.Kind;

/** Known histories, right and wrong, with what must be said of each. Times are milliseconds. */
class JudgeTest {
  private static final String KEY = "0/k";
  private static final long LATE_MS = 100;

  private final List<Operation> operations = new ArrayList<>();
  private final List<Done> log = new ArrayList<>();
  private boolean outOfReach;

  private static long nanos(long ms) {
    return ms * 1_000_000;
  }

  private void add(
      int session, Door door, Part part, String value, long from, long to, Operation.Outcome how) {
    operations.add(
        new Operation(session, door, "asked", part, value, nanos(from), nanos(to), how, false));
  }

  private void wrote(int session, Door door, String value, long from, long to) {
    add(session, door, Part.write(KEY, value), value, from, to, DONE);
  }

  private void read(int session, Door door, String value, long from, long to) {
    add(session, door, Part.read(KEY), value, from, to, DONE);
  }

  private void redis(long at, String... words) {
    log.add(new Done(nanos(at), 0, List.of(words)));
  }

  private Judge judge() {
    return new Judge(new Book(log, operations), LATE_MS, (from, to) -> outOfReach);
  }

  private void assertFound(Kind... kinds) {
    List<Kind> found = judge().judge(operations).stream().map(Fault::kind).toList();
    assertEquals(Arrays.asList(kinds), found);
  }

  /** Version a through the proxy, acknowledged at 2, b at 5; both in Redis. */
  private void twoWrites(Door second) {
    wrote(1, Door.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    wrote(2, second, "b", 4, 5);
    redis(4, "set", "k", "b");
  }

  @Test
  void readsThatFit_areNoFaults() {
    read(3, Door.RESP, null, 0, 1);
    twoWrites(Door.RESP);
    read(3, Door.RESP, "a", 4, 6);
    read(3, Door.HTTP, "b", 4, 5);
    read(3, Door.RESP, "b", 9, 10);
    read(4, Door.STRAIGHT, "b", 9, 10);
    assertFound();
  }

  @Test
  void writeThroughTheProxy_isKnownToAllWhoAskLater() {
    twoWrites(Door.RESP);
    read(3, Door.RESP, "a", 6, 7);
    read(4, Door.HTTP, null, 6, 7);
    assertFound(Kind.STALE, Kind.STALE);
  }

  @Test
  void writePastTheProxy_mayBeOverlooked_butNotForLong() {
    twoWrites(Door.STRAIGHT);
    read(3, Door.RESP, "a", 6, 7);
    read(3, Door.RESP, "a", 5 + LATE_MS, 200);
    assertFound();
    read(3, Door.RESP, "a", 6 + LATE_MS, 200);
    assertFound(Kind.LATE);
    outOfReach = true;
    assertFound();
  }

  @Test
  void redisItself_overlooksNothing() {
    twoWrites(Door.STRAIGHT);
    read(3, Door.STRAIGHT, "a", 6, 7);
    assertFound(Kind.HARNESS);
  }

  @Test
  void sessionThatGoesBack_isFound_whateverTheWayOfTheWrite() {
    twoWrites(Door.STRAIGHT);
    read(3, Door.RESP, "b", 6, 7);
    read(4, Door.RESP, "a", 8, 9);
    read(3, Door.RESP, "a", 8, 9);
    outOfReach = true;
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void ownWrite_isReadBack_evenInThePipelineThatWroteIt() {
    twoWrites(Door.STRAIGHT);
    wrote(3, Door.RESP, "c", 10, 12);
    redis(11, "set", "k", "c");
    read(3, Door.RESP, "b", 10, 12);
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void inventedValue_orOneReadBeforeItWasWritten_isFound() {
    twoWrites(Door.RESP);
    read(3, Door.RESP, "x", 2, 3);
    read(4, Door.RESP, "b", 2, 3);
    assertFound(Kind.INVENTED, Kind.INVENTED);
  }

  @Test
  void missing_isTheOldestDeletionThatFits() {
    twoWrites(Door.RESP);
    add(1, Door.RESP, Part.delete(KEY, "del:1"), null, 6, 7, DONE);
    redis(6, "del", "k", "del:1");
    read(3, Door.RESP, null, 8, 9);
    read(3, Door.RESP, "b", 6, 6);
    assertFound(Kind.WENT_BACK);
    operations.remove(operations.size() - 1);
    read(3, Door.RESP, "b", 8, 9);
    assertFound(Kind.WENT_BACK);
    read(4, Door.RESP, "b", 8, 9);
    assertFound(Kind.WENT_BACK, Kind.STALE);
  }

  @Test
  void missingThoughNobodyDeletedIt_isStale() {
    twoWrites(Door.RESP);
    read(3, Door.RESP, null, 8, 9);
    assertFound(Kind.STALE);
  }

  @Test
  void expiredValue_isNotServed() {
    Part part = new Part(KEY, "a", "a", 50);
    add(1, Door.STRAIGHT, part, "a", 1, 2, DONE);
    redis(1, "set", "k", "a", "PX", "50");
    redis(80, Done.EXPIRED, "k");
    read(3, Door.RESP, "a", 51, 53);
    assertFound();
    read(3, Door.RESP, "a", 70, 71);
    assertFound(Kind.OUTLIVED);
  }

  @Test
  void valueThatIsSwappedIn_whenItsTimeIsOver_isGoneFromThenOn() {
    add(1, Door.STRAIGHT, new Part("1/k", "b", "b", 50), "b", 1, 2, DONE);
    log.add(new Done(nanos(1), 1, List.of("set", "k", "b", "PX", "50")));
    wrote(2, Door.STRAIGHT, "a", 3, 4);
    redis(3, "set", "k", "a");
    redis(200, "swapdb", "0", "1");
    redis(210, Done.EXPIRED, "k");
    read(3, Door.STRAIGHT, "a", 180, 181);
    assertFound();
    read(3, Door.STRAIGHT, "a", 240, 241);
    assertFound(Kind.HARNESS);
  }

  /** Of what was written past the proxy, and has expired, it may not have been told yet. */
  @Test
  void valueBeforeOneThatHasExpired_mayBeReadForAsLongAsAnyOther() {
    wrote(1, Door.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(2, Door.STRAIGHT, new Part(KEY, "b", "b", 20), "b", 3, 4, DONE);
    redis(3, "set", "k", "b", "PX", "20");
    redis(24, Done.EXPIRED, "k");
    read(3, Door.RESP, "a", 60, 61);
    assertFound();
    read(3, Door.RESP, "a", 200, 201);
    assertFound(Kind.LATE);
  }

  @Test
  void writeAcknowledgedAndNotDone_orDoneTwice_orDoneThoughRefused_isFound() {
    twoWrites(Door.RESP);
    wrote(3, Door.RESP, "lost", 7, 8);
    redis(9, "set", "k", "a");
    add(3, Door.RESP, Part.write(KEY, "refused"), "refused", 9, 10, REFUSED);
    redis(10, "set", "k", "refused");
    assertFound(Kind.DONE_TWICE, Kind.NOT_DONE, Kind.DONE_THOUGH_REFUSED);
  }

  @Test
  void writesInAnotherOrderThanTheSessions_areFound() {
    wrote(1, Door.RESP, "a", 1, 5);
    wrote(1, Door.RESP, "b", 1, 5);
    redis(2, "set", "k", "b");
    redis(3, "set", "k", "a");
    assertFound(Kind.OUT_OF_ORDER);
  }

  @Test
  void writeWithoutReply_mayBeReadOrNot() {
    wrote(1, Door.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(1, Door.RESP, Part.write(KEY, "b"), "b", 3, 4, UNKNOWN);
    redis(8, "set", "k", "b");
    read(3, Door.RESP, "a", 20, 21);
    read(3, Door.RESP, "b", 22, 23);
    assertFound();
    read(3, Door.RESP, "a", 24, 25);
    assertFound(Kind.WENT_BACK);
  }

  @Test
  void whatComesBetweenReadAndWriteOfATransaction_isFound() {
    twoWrites(Door.RESP);
    read(3, Door.RESP, "a", 1, 20);
    operations.add(
        new Operation(
            3, Door.RESP, "EXEC", Part.write(KEY, "c"), "c", nanos(1), nanos(20), DONE, true));
    redis(10, "set", "k", "c");
    assertFound(Kind.NOT_ATOMIC);
  }

  @Test
  void renameAndFlush_makeVersions_knownOnceAcknowledged() {
    wrote(1, Door.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(3, Door.RESP, Part.read("0/other"), null, 1, 2, DONE);
    String tag = "RENAME k other#1";
    add(2, Door.RESP, new Part(null, null, tag, 0), null, 4, 5, DONE);
    redis(4, "rename", "k", "other");
    read(3, Door.RESP, null, 6, 7);
    add(3, Door.RESP, Part.read("0/other"), "a", 6, 7, DONE);
    assertFound();
    read(4, Door.RESP, "a", 6, 7);
    add(4, Door.RESP, Part.read("0/other"), null, 6, 7, DONE);
    assertFound(Kind.STALE, Kind.STALE);
  }

  @Test
  void swappedDatabases_areRead() {
    wrote(1, Door.RESP, "a", 1, 2);
    redis(1, "set", "k", "a");
    add(2, Door.RESP, new Part(null, null, "SWAPDB 0 1#1", 0), null, 4, 5, DONE);
    redis(4, "swapdb", "0", "1");
    add(3, Door.RESP, Part.read("1/k"), "a", 6, 7, DONE);
    read(3, Door.RESP, null, 6, 7);
    assertFound();
    read(4, Door.RESP, "a", 6, 7);
    assertFound(Kind.STALE);
  }

  /** Before a crash Redis may have done more than it has told, in whatever order. */
  @Test
  void lossOfAllData_isNoFault_andWhatWasThereIsNotReadAfterwards() {
    wrote(1, Door.RESP, "a", 1, 2);
    wrote(1, Door.RESP, "b", 3, 4);
    wrote(2, Door.RESP, "c", 3, 4);
    redis(1, "set", "k", "a");
    redis(6, Done.LOST);
    read(3, Door.RESP, "c", 4, 5);
    read(3, Door.RESP, "b", 4, 5);
    read(3, Door.RESP, null, 200, 201);
    assertFound();
    read(3, Door.RESP, "b", 202, 203);
    assertFound(Kind.WENT_BACK, Kind.LATE);
  }

  @Test
  void whatIsReadInTheEnd_isWhatRedisHas() {
    twoWrites(Door.RESP);
    Judge judge = judge();
    judge.judge(operations);
    judge.inTheEnd(KEY, Door.HTTP, "b", "b");
    assertEquals(0, judge.judge(List.of()).size());
    judge.inTheEnd(KEY, Door.HTTP, "a", "b");
    assertEquals(Kind.STALE_IN_THE_END, judge.judge(List.of()).get(0).kind());
    judge.inTheEnd(KEY, Door.HTTP, "a", "a");
    assertEquals(Kind.HARNESS, judge.judge(List.of()).get(1).kind());
  }

  @Test
  void lineOfMonitor_isRead() {
    Done done = Done.parse("+1339518083.107412 [1 lua] \"SET\" \"k\\\"\\\\\" \"a b\"", nanos(1));
    assertEquals(List.of("set", "k\"\\", "a b"), done.words());
    assertEquals(1, done.db());
  }
}
