package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadsTest {
  private static final long SEED = Long.getLong("test.seed", 20_264);
  private static final Read F = SpelledRead.point("f");
  private static final Read G = SpelledRead.point("g");

  private final Loads<String> loads = new Loads<>();

  @Test
  void find_ofAReadNotAdded_isNull() {
    assertNull(loads.find(key('a'), null));
    loads.add(load('a', F));
    assertNull(loads.find(key('a'), null));
    assertNull(loads.find(key('a'), G));
    assertNull(loads.find(key('b'), F));
    assertNull(loads.find(Key.of(1, key('a').bytes()), F));
  }

  @Test
  void find_ofSeveralReadsOfAKey_isTheLoadOfEach() {
    Load<String> get = added('a', null);
    Load<String> f = added('a', F);
    Load<String> g = added('a', G);
    Load<String> other = added('b', F);
    assertSame(get, loads.find(key('a'), null));
    assertSame(f, loads.find(key('a'), SpelledRead.point("f")));
    assertSame(g, loads.find(key('a'), G));
    assertSame(other, loads.find(key('b'), F));
    assertEquals(4, loads.size());
  }

  @Test
  void add_ofTheSameRead_replacesItsLoadAlone() {
    Load<String> get = added('a', null);
    Load<String> f = added('a', F);
    Load<String> newer = added('a', F);
    assertSame(newer, loads.find(key('a'), F));
    assertFalse(loads.isCurrent(f));
    assertTrue(loads.isCurrent(newer));
    assertTrue(loads.isCurrent(get));
    assertEquals(2, loads.size());
    loads.remove(f);
    assertEquals(2, loads.size(), "it was replaced before");
    assertTrue(loads.isCurrent(newer));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void remove_fromAChain_leavesTheOthers(int removed) {
    List<Load<String>> chain = List.of(added('a', null), added('a', F), added('a', G));
    loads.remove(chain.get(removed));
    loads.remove(chain.get(removed));
    for (Load<String> each : chain) {
      assertEquals(each != chain.get(removed), loads.isCurrent(each));
    }
    assertEquals(2, loads.size());
  }

  @Test
  void remove_ofTheOnlyLoad_leavesNothing() {
    Load<String> load = added('a', F);
    loads.remove(load);
    assertNull(loads.find(key('a'), F));
    assertEquals(0, loads.size());
    loads.remove(load);
    assertEquals(0, loads.size());
  }

  @Test
  void removeAll_removesTheLoadsOfOneKey() {
    List<Load<String>> chain = List.of(added('a', null), added('a', F), added('a', G));
    Load<String> other = added('b', F);
    assertEquals(3, loads.removeAll(key('a')));
    assertEquals(0, loads.removeAll(key('a')));
    assertTrue(chain.stream().noneMatch(loads::isCurrent));
    assertTrue(loads.isCurrent(other));
    assertEquals(1, loads.size());
    added('a', F);
    assertEquals(1, loads.removeAll(key('a')), "a new chain has none of the old loads");
  }

  @Test
  void clear_removesAll() {
    Load<String> load = added('a', null);
    added('b', F);
    loads.clear();
    assertFalse(loads.isCurrent(load));
    assertEquals(0, loads.size());
  }

  @Test
  void add_besideAnotherRead_notesTheCompanyOfEach() {
    Load<String> get = added('a', null);
    Load<String> alone = added('b', null);
    assertFalse(get.hadCompany);
    Load<String> f = added('a', F);
    Load<String> g = added('a', G);
    assertTrue(get.hadCompany && f.hadCompany && g.hadCompany);
    assertFalse(alone.hadCompany);
    Load<String> newer = added('b', null);
    assertFalse(newer.hadCompany, "it replaces the only other one");
    loads.remove(f);
    loads.remove(g);
    assertTrue(get.hadCompany, "the others have ended since");
  }

  @Test
  void everyOperation_givesTheSameAsANaiveList() {
    Random random = new Random(SEED);
    List<Load<String>> naive = new ArrayList<>();
    List<Load<String>> ever = new ArrayList<>();
    for (int step = 0; step < 50_000; step++) {
      char name = (char) ('a' + random.nextInt(3));
      Read read = random.nextInt(6) == 0 ? null : SpelledRead.range(random.nextInt(5));
      int die = random.nextInt(100);
      if (die < 50) {
        Load<String> load = load(name, read);
        naive.removeIf(each -> isSame(each, load));
        naive.add(load);
        ever.add(load);
        loads.add(load);
      } else if (die < 90 && !ever.isEmpty()) {
        int recent = Math.min(ever.size(), 20);
        Load<String> load = ever.get(ever.size() - 1 - random.nextInt(recent));
        naive.removeIf(each -> each == load);
        loads.remove(load);
      } else if (die < 98) {
        int before = naive.size();
        naive.removeIf(each -> each.key().equals(key(name)));
        assertEquals(before - naive.size(), loads.removeAll(key(name)));
      } else if (die == 98) {
        naive.clear();
        loads.clear();
      }
      compare(naive, ever, load(name, read));
    }
  }

  private void compare(List<Load<String>> naive, List<Load<String>> ever, Load<String> like) {
    assertEquals(naive.size(), loads.size(), "seed " + SEED);
    Load<String> expected =
        naive.stream().filter(each -> isSame(each, like)).findAny().orElse(null);
    assertSame(expected, loads.find(like.key(), like.read()), "seed " + SEED);
    for (Load<String> each : ever.subList(Math.max(0, ever.size() - 20), ever.size())) {
      assertEquals(naive.contains(each), loads.isCurrent(each), "seed " + SEED);
    }
  }

  private static boolean isSame(Load<String> one, Load<String> other) {
    return one.key().equals(other.key()) && Objects.equals(one.read(), other.read());
  }

  private Load<String> added(char name, Read read) {
    Load<String> load = load(name, read);
    loads.add(load);
    return load;
  }

  private static Load<String> load(char name, Read read) {
    return new Load<>(key(name), read, 0);
  }

  private static Key key(char name) {
    return Key.of(0, new byte[] {(byte) name});
  }
}
