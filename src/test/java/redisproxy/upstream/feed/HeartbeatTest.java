package redisproxy.upstream.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  private static final long PERIOD = 1_000;

  private long now;
  private final Heartbeat heartbeat = new Heartbeat(PERIOD, () -> now);

  @BeforeEach
  void begin() {
    now = 50_000;
    heartbeat.begin();
  }

  /** A beat that is late by this many milliseconds. */
  private boolean beat(long late) {
    now += PERIOD + late;
    return heartbeat.isOverdue();
  }

  @Test
  void answeredPing_isNeverOverdue() {
    for (int i = 0; i < 5; i++) {
      assertFalse(beat(i * 3_000));
      heartbeat.ping(true);
      assertFalse(heartbeat.isAnswered());
      heartbeat.pong();
      assertTrue(heartbeat.isAnswered());
    }
    assertEquals(5, heartbeat.sent());
    assertEquals(5, heartbeat.answered());
  }

  @Test
  void pingAtABeat_isOverdueAtTheNext() {
    assertFalse(beat(0));
    heartbeat.ping(true);
    assertTrue(beat(Heartbeat.LATE_MS));
  }

  @Test
  void pingBetweenBeats_hasAWholePeriod() {
    assertFalse(beat(0));
    heartbeat.ping(false);
    assertFalse(beat(0));
    assertTrue(beat(0));
  }

  @Test
  void lateBeat_givesAnotherPeriodOnce() {
    assertFalse(beat(0));
    heartbeat.ping(true);
    assertFalse(beat(Heartbeat.LATE_MS + 1));
    assertTrue(beat(Heartbeat.LATE_MS + 1));
  }

  @Test
  void eachPing_mayGetAnotherPeriod() {
    for (int i = 0; i < 3; i++) {
      assertFalse(beat(0));
      heartbeat.ping(true);
      assertFalse(beat(60_000));
      heartbeat.pong();
    }
  }

  /** The lateness of several beats does not add up. */
  @Test
  void slightlyLateBeats_areInTime() {
    for (int i = 0; i < 10; i++) {
      assertFalse(beat(Heartbeat.LATE_MS / 2));
    }
    heartbeat.ping(true);
    assertTrue(beat(Heartbeat.LATE_MS / 2));
  }
}
