package redisproxy.fuzz;

import java.util.List;
import java.util.Random;

/** A parser under test, with checks that must hold for every input. For one thread at a time. */
public interface Target {

  /** A well-formed input and its outcome. */
  record Sample(byte[] input, Outcome outcome) {}

  /** Tokens that mean something to the parser, for {@link Damage}. */
  List<String> words();

  Sample sample(Random random);

  /**
   * Returns the outcome of an input. Random choices, such as where the input is cut, derive from
   * the input, so that the run can be repeated.
   *
   * @throws AssertionError if a check fails; any other exception is a failure too
   */
  Outcome outcome(byte[] input);

  /** Whether an input after a sample is read as if it came alone. */
  default boolean isStream() {
    return false;
  }
}
