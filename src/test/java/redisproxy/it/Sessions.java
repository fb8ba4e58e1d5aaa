package redisproxy.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import redisproxy.fuzz.Options;
import redisproxy.fuzz.Progress;

/**
 * {@code make fuzz TARGET=sessions}: does the same as {@link DifferentialIT}, for any length of
 * time.
 */
public final class Sessions {
  private static final Path FINDINGS = Path.of("target", "fuzz");

  /** After this many sessions, new processes and the other shape take over. */
  private static final int TURN = 5_000;

  private static final int MAX_FINDINGS = 20;

  private Sessions() {}

  /**
   * Plays both sessions of the seed and the following ones. Returns false if any of them differs.
   */
  public static boolean fuzz(Options options) {
    Progress progress = new Progress("sessions");
    long played = 0;
    long hits = 0;
    int found = 0;
    while (options.isMore(played, progress.start()) && found < MAX_FINDINGS) {
      Shape shape = Shape.values()[(int) (played / TURN % Shape.values().length)];
      try (Comparison comparison = new Comparison(shape)) {
        do {
          long seed = options.seed() + played;
          String report = comparison.report(comparison.session(seed, false));
          report = report == null ? comparison.report(comparison.session(seed, true)) : report;
          found += report == null ? 0 : save(seed, shape, report);
          played++;
          progress.at(played);
        } while (played % TURN != 0 && options.isMore(played, progress.start()));
        hits += comparison.hits();
      }
    }
    System.out.println(
        progress.line(played)
            + ", SEED="
            + options.seed()
            + ", "
            + hits
            + " hits: "
            + (found == 0 ? "all the same" : found + " differ"));
    return found == 0;
  }

  private static int save(long seed, Shape shape, String report) {
    System.out.println("SEED=" + seed + " INPUTS=1, " + shape + "\n" + report + "\n");
    try {
      Files.createDirectories(FINDINGS);
      Path file = FINDINGS.resolve("sessions-" + seed);
      Files.writeString(file, shape + "\n" + report, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return 1;
  }
}
