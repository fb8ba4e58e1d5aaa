package redisproxy.fuzz;

import java.util.List;
import java.util.Random;

/** Something that reads input, and what must hold whatever the input is. One thread at a time. */
public interface Target {

  /** A well-formed input, and what comes of it. */
  record Sample(byte[] input, Outcome outcome) {}

  /** What means something to the reader, as {@link Damage} has it. */
  List<String> words();

  Sample sample(Random random);

  /**
   * What comes of an input. All that is at random in how it is fed follows from the input, so that
   * it can be repeated.
   *
   * @throws AssertionError when something does not hold; any other exception is as bad
   */
  Outcome outcome(byte[] input);

  /** Whether what comes after a sample is read as if it came alone. */
  default boolean isStream() {
    return false;
  }
}
