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
  void sum_ofKeys_isAllOfThemInTheirOrder() {
    Writes both = sum(writes(A, B), writes(C, A));
    assertFalse(both.all());
    assertEquals(List.of(A, B, C, A), both.keys());
  }

  @Test
  void sum_leavesWhatIsAddedAsItWas() {
    Writes one = new Writes(false, new ArrayList<>(List.of(A)));
    Writes other = new Writes(false, new ArrayList<>(List.of(B)));
    sum(one, other);
    assertEquals(List.of(A), one.keys());
    assertEquals(List.of(B), other.keys());
  }

  @Test
  void sum_withNothing_isTheOther() {
    assertEquals(Writes.NOTHING, sum());
    for (Writes writes : List.of(Writes.NOTHING, Writes.EVERYTHING, writes(A))) {
      assertEquals(writes, sum(writes, Writes.NOTHING));
      assertEquals(writes, sum(Writes.NOTHING, writes));
    }
  }

  @Test
  void sum_withEverything_isEverything() {
    for (Writes writes : List.of(Writes.NOTHING, Writes.EVERYTHING, writes(A))) {
      assertEquals(Writes.EVERYTHING, sum(writes, Writes.EVERYTHING));
      assertEquals(Writes.EVERYTHING, sum(Writes.EVERYTHING, writes));
    }
  }

  @Test
  void sum_ofMoreKeysThanAreToldApart_isEverything() {
    Writes many = new Writes(false, Collections.nCopies(9_999, A));
    Writes most = sum(many, writes(B));
    assertFalse(most.all());
    assertEquals(10_000, most.keys().size());
    assertEquals(Writes.EVERYTHING, sum(many, writes(B, C)));
    assertEquals(Writes.EVERYTHING, sum(most, writes(B)));
    assertEquals(Writes.EVERYTHING, sum(writes(B), most));
    assertEquals(Writes.EVERYTHING, Writes.of(Collections.nCopies(10_001, A)));
  }

  private static Writes sum(Writes... each) {
    Writes.Sum sum = new Writes.Sum();
    for (Writes writes : each) {
      sum.add(writes);
    }
    return sum.total();
  }

  private static Writes writes(byte[]... keys) {
    return new Writes(false, List.of(keys));
  }
}
