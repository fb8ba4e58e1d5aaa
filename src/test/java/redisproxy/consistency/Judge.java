package redisproxy.consistency;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import redisproxy.consistency.Fault.Kind;

/**
 * Compares what sessions were told with what Redis has done.
 *
 * <p>What docs/freshness.md and the README promise, and no more: nobody reads what was never
 * written; no session reads less than it has read or written before; who asks after a write through
 * the proxy was acknowledged, or a value's time was over, knows of it. A write past the proxy may
 * be overlooked for as long as it takes to find out that Redis no longer tells, and for longer
 * while Redis may be out of reach. Where several versions have the value that was read, as all
 * deletions have, the oldest that fits is meant.
 */
final class Judge {
  private final Book book;
  private final long lateNanos;
  private final BiPredicate<Long, Long> isUnverified;
  private final List<Fault> faults = new ArrayList<>();
  private final Map<Integer, Memory> memories = new HashMap<>();
  private long reads;
  private long late;
  private long lateMostNanos;
  private long unverified;

  /** What a session knows. */
  private static final class Memory {
    final Map<String, Integer> ranks = new HashMap<>();
    final Map<String, String> read = new HashMap<>();
    int position = -1;
    String written;
  }

  /**
   * A judge of one run.
   *
   * @param late for how long a write past the proxy may be overlooked
   * @param isUnverified whether Redis may have been out of the proxy's reach at some time between
   */
  Judge(Book book, long lateMs, BiPredicate<Long, Long> isUnverified) {
    this.book = book;
    this.lateNanos = lateMs * 1_000_000;
    this.isUnverified = isUnverified;
  }

  /** Judges all operations, those of one session in its order. */
  List<Fault> judge(List<Operation> operations) {
    for (Operation operation : operations) {
      Memory memory = memories.computeIfAbsent(operation.session(), session -> new Memory());
      if (operation.part().isWrite()) {
        write(operation, memory);
      } else if (operation.isDone()) {
        read(operation, memory);
      }
    }
    return faults;
  }

  /** Adds what was seen when all was quiet. */
  void inTheEnd(String key, Door door, String value, String inRedis) {
    if (!Objects.equals(value, inRedis)) {
      String what = door + " -> " + shown(value) + ", Redis: " + shown(inRedis);
      faults.add(new Fault(Kind.STALE_IN_THE_END, key, System.nanoTime(), what));
    }
    if (!Objects.equals(inRedis, book.of(key).last().value())) {
      String what = "Redis has " + shown(inRedis) + ", its log says " + book.of(key).last();
      faults.add(new Fault(Kind.HARNESS, key, System.nanoTime(), what));
    }
  }

  String summary() {
    return "%d reads; %d past writes not yet told, at most %.1f ms; %d while Redis was out of reach"
        .formatted(reads, late, lateMostNanos / 1e6, unverified);
  }

  private void write(Operation write, Memory memory) {
    String tag = write.part().tag();
    List<Integer> positions = book.positions(tag);
    String key = write.part().key();
    if (key == null) {
      return;
    }
    if (positions.size() > 1) {
      fault(Kind.DONE_TWICE, write, "");
    }
    if (positions.isEmpty() && write.isDone()) {
      fault(Kind.NOT_DONE, write, "");
    } else if (!positions.isEmpty() && write.outcome() == Operation.Outcome.REFUSED) {
      fault(Kind.DONE_THOUGH_REFUSED, write, "");
    }
    if (positions.isEmpty() || !write.isDone()) {
      return;
    }
    if (positions.get(0) < memory.position) {
      fault(Kind.OUT_OF_ORDER, write, "before " + memory.written);
    }
    memory.position = positions.get(0);
    memory.written = write.what();
    memory.ranks.merge(key, book.of(key).by(tag).rank(), Math::max);
    if (write.follows()) {
      Version before = book.of(key).before(tag);
      String read = memory.read.get(key);
      if (before != null && !Objects.equals(before.value(), read)) {
        fault(Kind.NOT_ATOMIC, write, "had read " + shown(read) + ", but it was " + before);
      }
    }
  }

  private void read(Operation read, Memory memory) {
    reads++;
    String key = read.part().key();
    memory.read.put(key, read.value());
    Versions versions = book.of(key);
    List<Version> meant =
        versions.with(read.value()).stream()
            .filter(version -> version.began() <= read.completed())
            .toList();
    if (meant.isEmpty()) {
      fault(Kind.INVENTED, read, "");
      return;
    }
    if (book.isOver(read.value(), read.invoked())) {
      fault(Kind.OUTLIVED, read, "");
    }
    int floor = memory.ranks.getOrDefault(key, 0);
    boolean bound = read.door().isThrough();
    int least = Math.max(floor, versions.least(read.invoked(), bound));
    int rank =
        meant.stream().mapToInt(Version::rank).filter(each -> each >= least).min().orElse(-1);
    if (rank < 0) {
      rank = Collections.max(meant.stream().map(Version::rank).toList());
      overlooked(read, versions, rank, floor);
    }
    memory.ranks.merge(key, rank, Math::max);
    if (bound) {
      told(read, versions, meant.get(meant.size() - 1).rank());
    }
  }

  private void overlooked(Operation read, Versions versions, int rank, int floor) {
    if (rank < floor) {
      Version newer =
          versions.all().stream().filter(each -> each.rank() == floor).findFirst().orElseThrow();
      fault(Kind.WENT_BACK, read, "this session knew of " + newer);
    } else {
      int least = versions.least(read.invoked(), read.door().isThrough());
      Version newer =
          versions.all().stream().filter(each -> each.rank() == least).findFirst().orElseThrow();
      fault(Kind.STALE, read, "not " + newer);
    }
  }

  /** Whether it has overlooked a write past the proxy, and how long that had been acknowledged. */
  private void told(Operation read, Versions versions, int rank) {
    if (rank >= versions.least(read.invoked(), false)) {
      return;
    }
    long nanos = versions.overlooked(rank, read.invoked());
    if (isUnverified.test(read.invoked(), read.completed())) {
      unverified++;
      return;
    }
    late++;
    lateMostNanos = Math.max(lateMostNanos, nanos);
    if (nanos > lateNanos) {
      fault(Kind.LATE, read, "by %.1f ms".formatted(nanos / 1e6));
    }
  }

  private void fault(Kind kind, Operation operation, String more) {
    String what =
        "%s by %d over %s -> %s; %s"
            .formatted(
                operation.what(),
                operation.session(),
                operation.door(),
                shown(operation.value()),
                more);
    boolean isOwn = operation.door() == Door.STRAIGHT;
    String key = operation.part().key();
    faults.add(
        new Fault(
            isOwn ? Kind.HARNESS : kind,
            key,
            operation.invoked(),
            isOwn ? kind + ": " + what : what));
  }

  /** A value's beginning, which is all its own. */
  static String shown(String value) {
    return value == null ? "missing" : value.substring(0, Math.min(value.length(), 20));
  }
}
