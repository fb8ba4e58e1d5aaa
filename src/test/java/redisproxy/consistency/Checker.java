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
 * Compares the replies that sessions got with what Redis has executed.
 *
 * <p>It checks what docs/freshness.md and the README promise, and no more. A read never returns a
 * value that was not written. A session never reads an older version than it has read or written
 * before. A read sees every write through the proxy that was acknowledged before it, and every
 * expiry before it. A read may overlook a write past the proxy for as long as it takes to notice
 * that Redis sends no invalidations, and for longer while Redis may be unreachable. If several
 * versions have the value that was read, as all deletions have, it assumes the oldest one that
 * fits.
 */
final class Checker {
  private final VersionHistory history;
  private final long lateNanos;
  private final BiPredicate<Long, Long> isUnverified;
  private final List<Fault> faults = new ArrayList<>();
  private final Map<Integer, Memory> memories = new HashMap<>();
  private long reads;
  private long late;
  private long lateMostNanos;
  private long unverified;

  /** What a session has seen so far. */
  private static final class Memory {
    final Map<String, Integer> ranks = new HashMap<>();
    final Map<String, String> read = new HashMap<>();
    int position = -1;
    String written;
  }

  /**
   * Creates a checker of one run.
   *
   * @param lateMs how long a write past the proxy may be overlooked
   * @param isUnverified whether Redis may have been unreachable at any time between these two
   */
  Checker(VersionHistory history, long lateMs, BiPredicate<Long, Long> isUnverified) {
    this.history = history;
    this.lateNanos = lateMs * 1_000_000;
    this.isUnverified = isUnverified;
  }

  /** Checks all operations. Those of one session must be in its order. */
  List<Fault> check(List<Operation> operations) {
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

  /** Checks a read at the end, when nobody writes any more. */
  void inTheEnd(String key, Channel channel, String value, String inRedis) {
    if (!Objects.equals(value, inRedis)) {
      String what = channel + " -> " + shown(value) + ", Redis: " + shown(inRedis);
      faults.add(new Fault(Kind.STALE_IN_THE_END, key, System.nanoTime(), what));
    }
    if (!Objects.equals(inRedis, history.of(key).last().value())) {
      String what = "Redis has " + shown(inRedis) + ", its log says " + history.of(key).last();
      faults.add(new Fault(Kind.HARNESS, key, System.nanoTime(), what));
    }
  }

  String summary() {
    return "%d reads; %d before an invalidation arrived, at most %.1f ms late; %d while Redis was unreachable"
        .formatted(reads, late, lateMostNanos / 1e6, unverified);
  }

  private void write(Operation write, Memory memory) {
    String tag = write.part().tag();
    List<Integer> positions = history.positions(tag);
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
    memory.ranks.merge(key, history.of(key).by(tag).rank(), Math::max);
    if (write.follows()) {
      Version before = history.of(key).before(tag);
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
    Versions versions = history.of(key);
    List<Version> meant =
        versions.with(read.value()).stream()
            .filter(version -> version.began() <= read.completed())
            .toList();
    if (meant.isEmpty()) {
      fault(Kind.INVENTED, read, "");
      return;
    }
    if (history.hasExpired(read.value(), read.invoked())) {
      fault(Kind.OUTLIVED, read, "");
    }
    int floor = memory.ranks.getOrDefault(key, 0);
    boolean bound = read.channel().isThrough();
    int least = Math.max(floor, versions.least(read.invoked(), bound));
    int rank =
        meant.stream().mapToInt(Version::rank).filter(each -> each >= least).min().orElse(-1);
    if (rank < 0) {
      rank = Collections.max(meant.stream().map(Version::rank).toList());
      addOverlooked(read, versions, rank, floor);
    }
    memory.ranks.merge(key, rank, Math::max);
    if (bound) {
      checkLate(read, versions, meant.get(meant.size() - 1).rank());
    }
  }

  private void addOverlooked(Operation read, Versions versions, int rank, int floor) {
    if (rank < floor) {
      Version newer =
          versions.all().stream().filter(each -> each.rank() == floor).findFirst().orElseThrow();
      fault(Kind.WENT_BACK, read, "this session knew of " + newer);
    } else {
      int least = versions.least(read.invoked(), read.channel().isThrough());
      Version newer =
          versions.all().stream().filter(each -> each.rank() == least).findFirst().orElseThrow();
      fault(Kind.STALE, read, "not " + newer);
    }
  }

  /** Checks how long before the read an overlooked write past the proxy was acknowledged. */
  private void checkLate(Operation read, Versions versions, int rank) {
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
                operation.channel(),
                shown(operation.value()),
                more);
    boolean isOwn = operation.channel() == Channel.STRAIGHT;
    String key = operation.part().key();
    faults.add(
        new Fault(
            isOwn ? Kind.HARNESS : kind,
            key,
            operation.invoked(),
            isOwn ? kind + ": " + what : what));
  }

  /** The beginning of a value, which is unique. */
  static String shown(String value) {
    return value == null ? "missing" : value.substring(0, Math.min(value.length(), 20));
  }
}
