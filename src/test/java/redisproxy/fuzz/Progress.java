package redisproxy.fuzz;

import java.util.Locale;

/** Prints the progress every ten seconds. */
public final class Progress {
  private static final long EVERY_NANOS = 10_000_000_000L;

  private final String name;
  private final long start = System.nanoTime();
  private long printedAt = start;

  public Progress(String name) {
    this.name = name;
  }

  /** The start time, by {@link System#nanoTime}. */
  public long start() {
    return start;
  }

  /** Call this often. It prints a line if ten seconds have passed. */
  public void at(long done) {
    if (System.nanoTime() - printedAt > EVERY_NANOS) {
      printedAt = System.nanoTime();
      System.out.println(line(done));
    }
  }

  /** Returns a line with the number of inputs and the time. */
  public String line(long done) {
    double seconds = (System.nanoTime() - start) / 1e9;
    return String.format(
        Locale.ROOT, "%s: %,d in %.1f s, %,.0f a second", name, done, seconds, done / seconds);
  }
}
