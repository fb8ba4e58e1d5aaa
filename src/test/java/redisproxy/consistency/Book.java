package redisproxy.consistency;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Goes through Redis's log and finds the versions of each key, with what is known of each from the
 * operations that made them.
 */
final class Book {
  /** Clocks are compared to a hundredth of a second. */
  static final long CLOCKS_NANOS = 10_000_000;

  /** Of what Redis had done just before it crashed, MONITOR may not have told. */
  private static final long UNTOLD_NANOS = 1_000_000_000;

  private final Map<String, Versions> versions = new HashMap<>();
  private final Map<String, Operation> writes = new LinkedHashMap<>();
  private final Map<String, List<Integer>> positions = new HashMap<>();
  private final Map<String, Integer> times = new HashMap<>();
  private final Set<String> unsure = new HashSet<>();
  private final Set<String> names = new TreeSet<>();
  private int position;

  Book(List<Done> log, List<Operation> operations) {
    for (Operation operation : operations) {
      note(operation);
    }
    Set<String> done = new HashSet<>();
    log.forEach(each -> done.addAll(each.words()));
    for (Done each : log) {
      if (each.name().equals(Done.LOST)) {
        untold(each, done);
      }
      apply(each);
      position++;
    }
  }

  private void note(Operation operation) {
    Part part = operation.part();
    if (part.key() != null) {
      versions.computeIfAbsent(part.key(), key -> new Versions());
      names.add(part.key().substring(2));
    }
    if (part.isWrite()) {
      writes.put(part.tag(), operation);
      if (part.key() == null && operation.outcome() == Operation.Outcome.UNKNOWN) {
        unsure.add(text(part.tag()));
      }
    }
  }

  private static String text(String numbered) {
    return numbered.substring(0, numbered.indexOf('#'));
  }

  /** Of a key that nobody has come to ask for, as on a slow machine, just what it was at first. */
  Versions of(String key) {
    return versions.getOrDefault(key, new Versions());
  }

  Set<String> keys() {
    return new TreeSet<>(versions.keySet());
  }

  /** Where in the log a write stands; more than once is a fault, never may be. */
  List<Integer> positions(String tag) {
    return positions.getOrDefault(tag, List.of());
  }

  private void apply(Done done) {
    List<String> words = done.words();
    switch (done.name()) {
      case "set", "getset" -> write(done, words.get(1), words.get(2));
      case "mset" -> {
        for (int i = 1; i < words.size(); i += 2) {
          write(done, words.get(i), words.get(i + 1));
        }
      }
      case "del" -> delete(done, words.subList(1, words.size()));
      case "rename" -> rename(done);
      case "flushall" -> flush(done, names, 2, "FLUSHALL");
      case "flushdb" -> flush(done, names, 1, "FLUSHDB");
      case "swapdb" -> swap(done);
      case Done.EXPIRED -> expire(done);
      case Done.LOST -> flush(done, names, 2, Done.LOST);
      default -> {}
    }
  }

  private void write(Done done, String name, String value) {
    if (isKnown(done.db(), name)) {
      noteDone(value);
      put(done, done.db() + "/" + name, value, value);
    }
  }

  private boolean isKnown(int db, String name) {
    return versions.containsKey(db + "/" + name);
  }

  private void noteDone(String tag) {
    positions.computeIfAbsent(tag, key -> new ArrayList<>()).add(position);
  }

  /** The last name is none of a key: it names the deletion. */
  private void delete(Done done, List<String> names) {
    String tag = names.get(names.size() - 1);
    noteDone(tag);
    for (String name : names.subList(0, names.size() - 1)) {
      put(done, done.db() + "/" + name, null, tag);
    }
  }

  private void rename(Done done) {
    String from = done.db() + "/" + done.words().get(1);
    String to = done.db() + "/" + done.words().get(2);
    String tag = numbered(String.join(" ", done.words()).replaceFirst("rename", "RENAME"));
    String value = versions.containsKey(from) ? versions.get(from).last().value() : null;
    if (value != null && versions.containsKey(to)) {
      put(done, to, value, tag);
      put(done, from, null, tag);
    }
  }

  private void flush(Done done, Set<String> names, int dbs, String text) {
    String tag = numbered(text);
    for (String name : names) {
      for (int db = 0; db < 2; db++) {
        if ((dbs == 2 || db == done.db()) && isKnown(db, name)) {
          put(done, db + "/" + name, null, tag);
        }
      }
    }
  }

  private void swap(Done done) {
    String tag = numbered("SWAPDB 0 1");
    for (String name : names) {
      String first = value(0, name);
      String second = value(1, name);
      versions.computeIfAbsent("0/" + name, key -> new Versions());
      versions.computeIfAbsent("1/" + name, key -> new Versions());
      put(done, "0/" + name, second, tag);
      put(done, "1/" + name, first, tag);
    }
  }

  private String value(int db, String name) {
    return isKnown(db, name) ? versions.get(db + "/" + name).last().value() : null;
  }

  private void expire(Done done) {
    String key = done.db() + "/" + done.words().get(1);
    if (!versions.containsKey(key)) {
      return;
    }
    Operation write = writes.get(versions.get(key).last().value());
    if (write == null) {
      add(key, null, "expired", null, done.at() - CLOCKS_NANOS, Long.MAX_VALUE, false);
      return;
    }
    long lifetime = write.part().lifetimeMs() * 1_000_000;
    long known = write.isDone() ? write.completed() + lifetime + CLOCKS_NANOS : Long.MAX_VALUE;
    // It may have been over before the key had that value, by SWAPDB.
    known = Math.max(known, versions.get(key).last().done());
    add(key, null, "expired", null, write.invoked() + lifetime - CLOCKS_NANOS, known, false);
  }

  /** Whether who asked at that time asked after the value's time was over for sure. */
  boolean isOver(String value, long asked) {
    Operation write = writes.get(value);
    return write != null
        && write.isDone()
        && write.part().lifetimeMs() > 0
        && asked > write.completed() + write.part().lifetimeMs() * 1_000_000 + CLOCKS_NANOS;
  }

  /** The nth command with this text; who asks is the only one to send such, and is told of each. */
  private String numbered(String text) {
    return text + "#" + times.merge(text, 1, Integer::sum);
  }

  private void put(Done done, String key, String value, String tag) {
    Operation write = tag.contains("#") && unsure.contains(text(tag)) ? null : writes.get(tag);
    if (write == null) {
      add(key, value, tag, tag, done.at() - CLOCKS_NANOS, done.at() + CLOCKS_NANOS, false);
    } else {
      long acknowledged = write.isDone() ? write.completed() : Long.MAX_VALUE;
      String how = write.what() + " " + write.door() + " by " + write.session();
      add(key, value, how, tag, write.invoked(), acknowledged, write.door().isThrough());
    }
  }

  private void add(
      String key, String value, String how, String tag, long began, long done, boolean binding) {
    Versions all = versions.get(key);
    long earliest = Math.max(began, all.last().began());
    all.add(new Version(all.last().rank() + 1, value, how, tag, position, earliest, done, binding));
  }

  /** What was done just before all was lost, or not, and in no known order. */
  private void untold(Done lost, Set<String> told) {
    Map<String, Integer> ranks = new HashMap<>();
    for (Operation write : writes.values()) {
      Part part = write.part();
      boolean isNear =
          write.outcome() != Operation.Outcome.REFUSED
              && write.invoked() < lost.at()
              && (!write.isDone() || write.completed() > lost.at() - UNTOLD_NANOS);
      if (part.key() != null
          && isNear
          && !told.contains(part.tag())
          && positions(part.tag()).isEmpty()) {
        Versions all = versions.get(part.key());
        int rank = ranks.computeIfAbsent(part.key(), key -> all.last().rank() + 1);
        noteDone(part.tag());
        long acknowledged = write.isDone() ? write.completed() : Long.MAX_VALUE;
        all.add(
            new Version(
                rank,
                part.value(),
                write.what() + " just before all was lost",
                part.tag(),
                position,
                Math.max(write.invoked(), all.last().began()),
                acknowledged,
                write.door().isThrough()));
      }
    }
  }
}
