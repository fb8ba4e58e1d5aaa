package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import redisproxy.command.Writes.Reach;

class WriteInvalidationTest {
  private static final Writes UNKNOWN_AND_ACCESS = new Writes(Reach.UNKNOWN, List.of(), true);

  private final List<String> invalidated = new ArrayList<>();
  private final WriteInvalidation invalidation =
      new WriteInvalidation(writes -> invalidated.add(text(writes)));

  private static Writes keys(String... keys) {
    return new Writes(
        List.of(keys).stream().map(key -> key.getBytes(StandardCharsets.US_ASCII)).toList());
  }

  private static String text(Writes writes) {
    String keys =
        writes.keys().stream()
            .map(key -> new String(key, StandardCharsets.US_ASCII))
            .collect(Collectors.joining(" "));
    return writes.reach() + " " + keys + (writes.access() ? " access" : "");
  }

  @Test
  void flush_invalidatesEverythingInOneMessage() {
    invalidation.add(keys("a", "b"));
    invalidation.add(Writes.NOTHING);
    invalidation.add(keys("c"));
    assertEquals(List.of(), invalidated);
    invalidation.flush();
    assertEquals(List.of("KEYS a b c"), invalidated);
    invalidation.flush();
    assertEquals(1, invalidated.size());
  }

  @Test
  void add_ofTooManyKeys_startsAnotherMessage() {
    String[] many = new String[6_000];
    Arrays.fill(many, "k");
    invalidation.add(keys(many));
    invalidation.add(keys(many));
    assertEquals(1, invalidated.size());
    invalidation.flush();
    assertEquals(2, invalidated.size());
    assertTrue(invalidated.stream().allMatch(message -> message.startsWith("KEYS k k")));
  }

  @Test
  void invalidate_isImmediate() {
    invalidation.invalidate(Writes.NOTHING);
    assertEquals(List.of(), invalidated);
    invalidation.invalidate(keys("a"));
    invalidation.invalidate(Writes.UNKNOWN);
    assertEquals(List.of("KEYS a", "UNKNOWN "), invalidated);
  }

  @Test
  void holds_whenTheKeysAreKnown_isFalse() {
    assertFalse(invalidation.holds(Writes.NOTHING));
    assertFalse(invalidation.holds(keys("a")));
    assertFalse(invalidation.holds(Writes.EVERYTHING));
    assertEquals(List.of("KEYS a", "EVERYTHING "), invalidated);
    assertEquals(new WriteInvalidation.Held(false, false), invalidation.takeHeld());
  }

  @Test
  void holds_whenOnlyRedisKnowsTheKeys_isTrue() {
    assertTrue(invalidation.holds(Writes.UNKNOWN));
    assertEquals(List.of(), invalidated, "the feed reports them");
    assertEquals(new WriteInvalidation.Held(true, false), invalidation.takeHeld());
    assertEquals(new WriteInvalidation.Held(false, false), invalidation.takeHeld());
  }

  @Test
  void holds_whenLogInsMayHaveChanged_isTrue() {
    assertTrue(invalidation.holds(Writes.ACCESS));
    assertEquals(List.of("KEYS  access"), invalidated);
    assertEquals(new WriteInvalidation.Held(false, true), invalidation.takeHeld());
    assertTrue(invalidation.holds(UNKNOWN_AND_ACCESS));
    assertEquals(List.of("KEYS  access", "KEYS  access"), invalidated);
    assertEquals(new WriteInvalidation.Held(true, true), invalidation.takeHeld());
  }

  @Test
  void takeHeld_isForEverythingHeldSinceTheLastCall() {
    invalidation.holds(Writes.ACCESS);
    invalidation.holds(Writes.UNKNOWN);
    invalidation.holds(keys("a"));
    assertEquals(new WriteInvalidation.Held(true, true), invalidation.takeHeld());
  }
}
