package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class WritesTest {
  private static final byte[] A = {'a'};
  private static final byte[] B = {'b'};
  private static final byte[] C = {'c'};

  @Test
  void isNothing_isTrueOnlyWithoutKnownAndUnknownKeys() {
    assertTrue(Writes.NOTHING.isNothing());
    assertTrue(new Writes(List.of()).isNothing());
    assertFalse(Writes.UNKNOWN.isNothing());
    assertFalse(Writes.EVERYTHING.isNothing());
    assertFalse(writes(A).isNothing());
  }

  @Test
  void sum_ofKeys_listsThemInOrder() {
    Writes both = sum(writes(A, B), writes(C, A));
    assertEquals(Writes.Reach.KEYS, both.reach());
    assertEquals(List.of(A, B, C, A), both.keys());
  }

  @Test
  void sum_doesNotChangeItsParts() {
    Writes one = new Writes(new ArrayList<>(List.of(A)));
    Writes other = new Writes(new ArrayList<>(List.of(B)));
    sum(one, other);
    assertEquals(List.of(A), one.keys());
    assertEquals(List.of(B), other.keys());
  }

  @Test
  void total_isNotChangedByLaterAdditions() {
    Writes.Sum sum = new Writes.Sum();
    sum.add(writes(A));
    Writes before = sum.total();
    sum.add(writes(B));
    assertEquals(List.of(A), before.keys());
    assertEquals(List.of(A, B), sum.total().keys());
  }

  @Test
  void sum_withNothing_isUnchanged() {
    assertEquals(Writes.NOTHING, sum());
    for (Writes writes :
        List.of(Writes.NOTHING, Writes.UNKNOWN, Writes.EVERYTHING, Writes.ACCESS, writes(A))) {
      assertEquals(writes, sum(writes, Writes.NOTHING));
      assertEquals(writes, sum(Writes.NOTHING, writes));
    }
  }

  @Test
  void sum_hasTheWidestReach() {
    for (Writes less : List.of(Writes.NOTHING, writes(A), Writes.UNKNOWN)) {
      assertEquals(Writes.EVERYTHING, sum(less, Writes.EVERYTHING));
      assertEquals(Writes.EVERYTHING, sum(Writes.EVERYTHING, less));
    }
    assertEquals(Writes.UNKNOWN, sum(writes(A), Writes.UNKNOWN));
    assertEquals(Writes.UNKNOWN, sum(Writes.UNKNOWN, writes(A)));
  }

  @Test
  void sum_ofTooManyKeys_isUnknown() {
    Writes many = new Writes(Collections.nCopies(9_999, A));
    Writes most = sum(many, writes(B));
    assertEquals(10_000, most.keys().size());
    assertEquals(Writes.UNKNOWN, sum(many, writes(B, C)));
    assertEquals(Writes.UNKNOWN, sum(most, writes(B)));
    assertEquals(Writes.UNKNOWN, sum(writes(B), most));
    assertEquals(Writes.UNKNOWN, sum(most, writes(B), writes(C)));
    assertEquals(Writes.EVERYTHING, sum(most, Writes.EVERYTHING));
    assertEquals(10_000, Writes.of(Collections.nCopies(10_000, A)).keys().size());
    assertEquals(Writes.UNKNOWN, Writes.of(Collections.nCopies(10_001, A)));
  }

  @Test
  void hasRoomFor_upToTheKeyLimit() {
    Writes.Sum sum = new Writes.Sum();
    sum.add(new Writes(Collections.nCopies(9_999, A)));
    assertTrue(sum.hasRoomFor(Writes.NOTHING));
    assertTrue(sum.hasRoomFor(writes(B)));
    assertFalse(sum.hasRoomFor(writes(B, C)));
    sum.add(writes(B));
    assertEquals(Writes.Reach.KEYS, sum.total().reach());
    assertFalse(sum.hasRoomFor(writes(C)));
  }

  @Test
  void sum_keepsAccess() {
    assertFalse(Writes.ACCESS.isNothing());
    assertFalse(Writes.ACCESS.changesKeys());
    for (Writes writes : List.of(Writes.NOTHING, Writes.EVERYTHING, writes(A), Writes.ACCESS)) {
      for (Writes both : List.of(sum(writes, Writes.ACCESS), sum(Writes.ACCESS, writes))) {
        assertTrue(both.access());
        assertEquals(writes.reach(), both.reach());
        assertEquals(writes.keys(), both.keys());
      }
    }
  }

  private static Writes sum(Writes... each) {
    Writes.Sum sum = new Writes.Sum();
    for (Writes writes : each) {
      sum.add(writes);
    }
    return sum.total();
  }

  private static Writes writes(byte[]... keys) {
    return new Writes(List.of(keys));
  }
}
