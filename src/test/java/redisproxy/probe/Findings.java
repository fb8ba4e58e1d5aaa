package redisproxy.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import redisproxy.probe.Judgement.Kind;
import redisproxy.probe.Origin.Way;

/** The results of one run. Thread-safe. */
final class Findings {
  static final String HEAD =
      """
      | scenario | writes straight | through | no reply | reads RESP | HTTP | hits | errors | stale through | stale straight | share \
      | p50 ms | p99 | p99.9 | max | went back | never written | stale in the end | unverified | of at most ms |
      |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
      """;

  private static final int EXAMPLES = 10;

  private final long[] writes = new long[Way.values().length];
  private final long[] reads = new long[Protocol.values().length];
  private final long[] readsOfTypes = new long[KeyType.values().length];
  private long withoutReply;
  private long errors;
  private final Staleness straight = new Staleness();
  private final Staleness through = new Staleness();
  private final Staleness unverified = new Staleness();
  private long wentBack;
  private long neverWritten;
  private long staleInTheEnd;
  private final List<String> examples = new ArrayList<>();

  synchronized void written(Way way) {
    writes[way.ordinal()]++;
  }

  synchronized void gotNoReply() {
    withoutReply++;
  }

  synchronized void error() {
    errors++;
  }

  /**
   * Records a read and its judgement.
   *
   * @param inOutage whether the proxy may have been unable to reach Redis during the read
   * @param what the read, for people
   */
  synchronized void read(
      Protocol protocol, KeyType type, Judgement judgement, boolean inOutage, String what) {
    reads[protocol.ordinal()]++;
    readsOfTypes[type.ordinal()]++;
    boolean grave = judgement.wentBack();
    wentBack += judgement.wentBack() ? 1 : 0;
    if (judgement.isStale() && inOutage) {
      unverified.add(judgement.nanos());
    } else if (judgement.kind() == Kind.STALE_STRAIGHT) {
      straight.add(judgement.nanos());
    } else if (judgement.kind() == Kind.STALE_THROUGH) {
      through.add(judgement.nanos());
      grave = true;
    } else if (judgement.kind() == Kind.NEVER_WRITTEN) {
      neverWritten++;
      grave = true;
    }
    if (grave) {
      example(what + ": " + judgement);
    }
  }

  /** Records a read at the end, when nobody writes any more, that differs from Redis. */
  synchronized void staleInTheEnd(String what) {
    staleInTheEnd++;
    example("in the end: " + what);
  }

  private void example(String text) {
    if (examples.size() < EXAMPLES) {
      examples.add(text);
    }
  }

  /** The first forbidden reads, in full. */
  synchronized List<String> examples() {
    return List.copyOf(examples);
  }

  /** Whether there were writes and reads of every kind, so that the run means something. */
  synchronized boolean coversAll() {
    return Stream.of(writes, reads, readsOfTypes)
        .flatMapToLong(LongStream::of)
        .allMatch(count -> count > 0);
  }

  synchronized boolean isSound() {
    return through.count() + wentBack + neverWritten + staleInTheEnd == 0;
  }

  synchronized String progress() {
    return "%d writes, %d reads, %d errors; stale through %d, straight %d; unverified %d; went back %d"
        .formatted(
            writes[0] + writes[1],
            reads[0] + reads[1],
            errors,
            through.count(),
            straight.count(),
            unverified.count(),
            wentBack);
  }

  synchronized String row(String scenario, double hitShare) {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %d | %d | %d | %d | %s | %d | %d | %d | %.4f %% | %s | %d | %d | %d | %d | %.0f |%n",
        scenario,
        writes[Way.STRAIGHT.ordinal()],
        writes[Way.THROUGH.ordinal()],
        withoutReply,
        reads[Protocol.RESP.ordinal()],
        reads[Protocol.HTTP.ordinal()],
        Double.isNaN(hitShare) ? "–" : String.format(Locale.ROOT, "%.1f %%", hitShare),
        errors,
        through.count(),
        straight.count(),
        100.0 * straight.count() / Math.max(1, reads[0] + reads[1]),
        percentiles(),
        wentBack,
        neverWritten,
        staleInTheEnd,
        unverified.count(),
        unverified.maxMs());
  }

  private String percentiles() {
    return straight.count() == 0
        ? "– | – | – | –"
        : String.format(
            Locale.ROOT,
            "%.1f | %.1f | %.1f | %.1f",
            straight.ms(0.5),
            straight.ms(0.99),
            straight.ms(0.999),
            straight.maxMs());
  }
}
