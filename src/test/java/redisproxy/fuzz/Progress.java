package redisproxy.fuzz;

import java.util.Locale;

/** Says every ten seconds how far it has come. */
public final class Progress {
  private static final long EVERY_NANOS = 10_000_000_000L;

  private final String name;
  private final long start = System.nanoTime();
  private long said = start;

  public Progress(String name) {
    this.name = name;
  }

  /** When it began, in nanoseconds. */
  public long start() {
    return start;
  }

  /** Is called now and then. */
  public void at(long done) {
    if (System.nanoTime() - said > EVERY_NANOS) {
      said = System.nanoTime();
      System.out.println(line(done));
    }
  }

  /** How many, in what time. */
  public String line(long done) {
    double seconds = (System.nanoTime() - start) / 1e9;
    return String.format(
        Locale.ROOT, "%s: %,d in %.1f s, %,.0f a second", name, done, seconds, done / seconds);
  }
}
