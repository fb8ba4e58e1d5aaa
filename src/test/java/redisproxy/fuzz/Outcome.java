package redisproxy.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The outcome of an input.
 *
 * @param read what was read, in order
 * @param error why the rest was refused, or null
 */
public record Outcome(List<?> read, String error) {
  private static final int MAX_SHAPE = 120;

  /** Returns the outcome of both inputs, one after the other. */
  Outcome then(Outcome next) {
    List<Object> both = new ArrayList<>(read);
    both.addAll(next.read);
    return new Outcome(both, next.error);
  }

  /** Throws an AssertionError unless this is the expected outcome. */
  public void mustBe(Outcome expected, String how) {
    if (!equals(expected)) {
      assertEquals(expected.toString(), toString(), how);
      assertEquals(expected, this, how);
    }
  }

  /** A hash that is equal for outcomes that differ only in their words and numbers. */
  int shape() {
    String text = read.toString();
    int hash = 0;
    char before = 0;
    for (int i = 0, length = 0; i < text.length() && length < MAX_SHAPE; i++) {
      char c = text.charAt(i);
      char kind = c < ' ' ? ' ' : Character.isDigit(c) ? '0' : Character.isLetter(c) ? 'a' : c;
      if (kind != before) {
        hash = hash * 31 + kind;
        length++;
      }
      before = kind;
    }
    return hash * 31 + Objects.hashCode(error);
  }
}
