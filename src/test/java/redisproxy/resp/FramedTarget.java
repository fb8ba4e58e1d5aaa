package redisproxy.resp;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import redisproxy.command.Requests;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Damage;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/** A reader of what Redis says: the same comes of it however it is cut, and little is allocated. */
public abstract class FramedTarget implements Target {
  /** What is as long is not also fed byte by byte, which would take most of the time. */
  public static final int LONG = 300;

  private final Allocation allocation;

  FramedTarget(Allocation allocation) {
    this.allocation = allocation;
  }

  /** What comes of input that comes in pieces. */
  abstract Outcome feed(List<byte[]> pieces);

  /** Reads it and keeps nothing: what is allocated is the reader's own. */
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
