package redisproxy.resp;

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
  void isNothing_whenThereAreNoKeys_isTrueUnlessItIsEverything() {
    assertTrue(Writes.NOTHING.isNothing());
    assertTrue(new Writes(false, List.of()).isNothing());
    assertFalse(Writes.EVERYTHING.isNothing());
    assertFalse(writes(A).isNothing());
  }

  @Test
  void and_ofKeys_isAllOfThemInTheirOrder() {
    Writes both = writes(A, B).and(writes(C, A));
    assertFalse(both.all());
    assertEquals(List.of(A, B, C, A), both.keys());
  }

  @Test
  void and_leavesBothAsTheyWere() {
    Writes one = new Writes(false, new ArrayList<>(List.of(A)));
    Writes other = new Writes(false, new ArrayList<>(List.of(B)));
    one.and(other);
    assertEquals(List.of(A), one.keys());
    assertEquals(List.of(B), other.keys());
  }

  @Test
  void and_withNothing_isTheOther() {
    for (Writes writes : List.of(Writes.NOTHING, Writes.EVERYTHING, writes(A))) {
      assertEquals(writes, writes.and(Writes.NOTHING));
      assertEquals(writes, Writes.NOTHING.and(writes));
    }
  }

  @Test
  void and_withEverything_isEverything() {
    for (Writes writes : List.of(Writes.NOTHING, Writes.EVERYTHING, writes(A))) {
      assertEquals(Writes.EVERYTHING, writes.and(Writes.EVERYTHING));
      assertEquals(Writes.EVERYTHING, Writes.EVERYTHING.and(writes));
    }
  }

  @Test
  void and_ofMoreKeysThanAreToldApart_isEverything() {
    Writes many = new Writes(false, Collections.nCopies(9_999, A));
    Writes most = many.and(writes(B));
    assertFalse(most.all());
    assertEquals(10_000, most.keys().size());
    assertEquals(Writes.EVERYTHING, many.and(writes(B, C)));
    assertEquals(Writes.EVERYTHING, most.and(writes(B)));
    assertEquals(Writes.EVERYTHING, writes(B).and(most));
  }

  @Test
  void access_isKeptWhateverElseIsWritten() {
    assertFalse(Writes.ACCESS.isNothing());
    assertFalse(Writes.ACCESS.changesKeys());
    for (Writes writes : List.of(Writes.NOTHING, Writes.EVERYTHING, writes(A), Writes.ACCESS)) {
      for (Writes both : List.of(writes.and(Writes.ACCESS), Writes.ACCESS.and(writes))) {
        assertTrue(both.access());
        assertEquals(writes.all(), both.all());
        assertEquals(writes.keys(), both.keys());
      }
    }
  }

  private static Writes writes(byte[]... keys) {
    return new Writes(false, List.of(keys));
  }
}
