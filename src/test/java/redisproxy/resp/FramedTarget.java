package redisproxy.resp;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import redisproxy.command.Requests;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Damage;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/**
 * Fuzzes a parser of Redis's replies. It reads the same however the input is split, and allocates
 * little.
 */
public abstract class FramedTarget implements Target {
  /**
   * Input of this length or more is not also fed byte by byte: that would take most of the time.
   */
  public static final int LONG = 300;

  private final Allocation allocation;

  FramedTarget(Allocation allocation) {
    this.allocation = allocation;
  }

  /** What the parser reads from input that arrives in pieces. */
  abstract Outcome feed(List<byte[]> pieces);

  /** Reads the input and keeps nothing, so that only the parser itself allocates. */
  abstract void pass(byte[] input);

  @Override
  public final boolean isStream() {
    return true;
  }

  @Override
  public final Outcome outcome(byte[] input) {
    int[] places = Damage.of(new Random(Arrays.hashCode(input)), " ").places(input.length);
    Outcome whole = feed(List.of(input));
    feed(Requests.cut(input, places)).mustBe(whole, "cut elsewhere");
    if (input.length < LONG) {
      feed(Requests.cutEverywhere(input)).mustBe(whole, "cut everywhere");
    }
    allocation.check(input.length, () -> pass(input));
    return whole;
  }
}
