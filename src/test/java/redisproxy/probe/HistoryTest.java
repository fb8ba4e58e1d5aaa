package redisproxy.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.probe.History.MISSING;

import org.junit.jupiter.api.Test;
import redisproxy.probe.Judgement.Kind;
import redisproxy.probe.Origin.Way;

/** Known histories, with the correct judgement of each read. Times are nanoseconds. */
class HistoryTest {
  private static final Origin STRAIGHT = new Origin(Way.STRAIGHT, "set");
  private static final Origin THROUGH = new Origin(Way.THROUGH, "eval");

  private final History history = new History();

  private void written(Origin origin, long acknowledgedAt) {
    history.acknowledge(history.issue(false), origin, acknowledgedAt);
  }

  private void deleted(Origin origin, long acknowledgedAt) {
    history.acknowledge(history.issue(true), origin, acknowledgedAt);
  }

  private void assertJudged(Kind kind, long nanos, int version, long sentAt) {
    Judgement judgement = history.judge(version, sentAt, 0);
    assertEquals(kind, judgement.kind(), judgement::toString);
    assertEquals(nanos, judgement.nanos(), judgement::toString);
  }

  private void assertFresh(int version, long sentAt) {
    assertJudged(Kind.FRESH, 0, version, sentAt);
  }

  @Test
  void keyNotYetWritten_isMissing() {
    assertFresh(MISSING, 5);
    assertEquals(MISSING, history.last());
  }

  @Test
  void olderVersion_isStaleOnlyIfTheNewerWasAcknowledgedBeforeTheRead() {
    written(STRAIGHT, 100);
    written(STRAIGHT, 200);
    assertFresh(2, 300);
    assertFresh(1, 199);
    assertFresh(1, 200);
    assertJudged(Kind.STALE_STRAIGHT, 1, 1, 201);
    assertJudged(Kind.STALE_STRAIGHT, 901, MISSING, 1001);
  }

  @Test
  void staleness_countsFromTheOldestOverlookedVersion() {
    written(STRAIGHT, 100);
    written(STRAIGHT, 200);
    written(STRAIGHT, 290);
    assertJudged(Kind.STALE_STRAIGHT, 100, 1, 300);
    assertJudged(Kind.STALE_STRAIGHT, 10, 2, 300);
  }

  @Test
  void versionInFlight_mayBeReadOrNot() {
    written(STRAIGHT, 100);
    history.issue(false);
    assertFresh(1, 300);
    assertFresh(2, 300);
  }

  @Test
  void versionThatWasNeverIssued_isReported() {
    written(STRAIGHT, 100);
    assertJudged(Kind.NEVER_WRITTEN, 0, 2, 300);
    assertJudged(Kind.NEVER_WRITTEN, 0, 0, 300);
  }

  @Test
  void readThatOverlooksWritesOfBothWays_countsAsThroughTheProxy() {
    written(STRAIGHT, 100);
    written(STRAIGHT, 200);
    written(THROUGH, 250);
    assertJudged(Kind.STALE_THROUGH, 50, 1, 300);
    assertJudged(Kind.STALE_THROUGH, 50, 2, 300);
    assertEquals(THROUGH, history.judge(1, 300, 0).origin());
    assertEquals(3, history.judge(1, 300, 0).overlooked());
    // The write through the proxy was not yet acknowledged.
    assertJudged(Kind.STALE_STRAIGHT, 40, 1, 240);
  }

  @Test
  void straightWriteAfterOneThroughTheProxy_isJudgedByWhatTheReadOverlooks() {
    written(THROUGH, 100);
    written(STRAIGHT, 200);
    assertJudged(Kind.STALE_STRAIGHT, 100, 1, 300);
    assertJudged(Kind.STALE_THROUGH, 200, MISSING, 300);
  }

  @Test
  void missing_countsAsTheNewestPossibleDeletion() {
    written(STRAIGHT, 100);
    deleted(STRAIGHT, 200);
    assertEquals(MISSING, history.last());
    assertFresh(MISSING, 300);
    assertJudged(Kind.STALE_STRAIGHT, 100, 1, 300);
    written(THROUGH, 400);
    assertJudged(Kind.STALE_THROUGH, 100, MISSING, 500);
    history.issue(true);
    assertFresh(MISSING, 500);
  }

  @Test
  void session_thatReadsAnOlderVersionThanBefore_goesBack() {
    written(STRAIGHT, 100);
    written(STRAIGHT, 200);
    assertFalse(history.judge(2, 150, 1).wentBack());
    assertFalse(history.judge(2, 150, 2).wentBack());
    assertTrue(history.judge(1, 150, 2).wentBack());
    assertEquals(Kind.FRESH, history.judge(1, 150, 2).kind());
    assertTrue(history.judge(1, 300, 2).wentBack());
    assertTrue(history.judge(MISSING, 150, 1).wentBack());
    history.issue(true);
    assertFalse(history.judge(MISSING, 150, 2).wentBack());
  }

  @Test
  void forgottenVersion_isStillStale_byAtLeastTheRememberedTime() {
    written(THROUGH, 50);
    written(THROUGH, 51);
    for (int i = 0; i < History.REMEMBERED; i++) {
      written(STRAIGHT, 100 + i);
    }
    assertJudged(Kind.STALE_THROUGH, 900, 1, 1000);
    assertJudged(Kind.STALE_STRAIGHT, 900, 2, 1000);
    assertJudged(Kind.STALE_STRAIGHT, 899, 3, 1000);
    assertFresh(History.REMEMBERED + 2, 1000);
  }

  @Test
  void keyWithAWriteWithoutReply_isNotJudged() {
    written(STRAIGHT, 100);
    history.issue(false);
    history.retire();
    assertTrue(history.isRetired());
    assertJudged(Kind.UNKNOWN, 0, MISSING, 300);
    assertJudged(Kind.UNKNOWN, 0, 2, 300);
    assertThrows(IllegalStateException.class, () -> history.acknowledge(2, STRAIGHT, 200));
  }

  @Test
  void acknowledgementsOutOfOrder_areAnErrorOfTheProbe() {
    history.issue(false);
    history.issue(false);
    assertThrows(IllegalStateException.class, () -> history.acknowledge(2, STRAIGHT, 100));
    assertThrows(IllegalStateException.class, () -> history.acknowledge(3, STRAIGHT, 100));
  }
}
