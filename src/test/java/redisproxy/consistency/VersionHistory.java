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
 * Finds the versions of each key in Redis's log, and combines them with the operations of the
 * clients that wrote them.
 */
final class VersionHistory {
  /** The clocks of Redis and of this process may differ by this much: a hundredth of a second. */
  static final long CLOCKS_NANOS = 10_000_000;

  /** MONITOR may not have reported what Redis executed in this time before a crash. */
  private static final long UNLOGGED_NANOS = 1_000_000_000;

  private final Map<String, Versions> versions = new HashMap<>();
  private final Map<String, Operation> writes = new LinkedHashMap<>();
  private final Map<String, List<Integer>> positions = new HashMap<>();
  private final Map<String, Integer> times = new HashMap<>();

  /** The keys whose fields expire, with the time of that. */
  private final Map<String, Long> fieldsExpireAt = new HashMap<>();

  private final Set<String> unsure = new HashSet<>();
  private final Set<String> names = new TreeSet<>();
  private int position;

  VersionHistory(List<LogEntry> log, List<Operation> operations) {
    for (Operation operation : operations) {
      note(operation);
    }
    Set<String> done = new HashSet<>();
    log.forEach(each -> done.addAll(each.words()));
    for (LogEntry each : log) {
      if (each.name().equals(LogEntry.LOST)) {
        addUnlogged(each, done);
      }
      expireFields(each.at());
      apply(each);
      position++;
    }
    expireFields(Long.MAX_VALUE);
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

  /**
   * The versions of a key. A key that no session has used, as on a slow machine, has only its first
   * version.
   */
  Versions of(String key) {
    return versions.getOrDefault(key, new Versions());
  }

  Set<String> keys() {
    return new TreeSet<>(versions.keySet());
  }

  /** The positions of a write in the log. More than one is a fault. None may be correct. */
  List<Integer> positions(String tag) {
    return positions.getOrDefault(tag, List.of());
  }

  private void apply(LogEntry done) {
    List<String> words = done.words();
    switch (done.name()) {
      case "set", "getset" -> write(done, words.get(1), words.get(2));
      case "rpush", "sadd", "zadd" -> write(done, words.get(1), words.get(2));
      case "hset" -> write(done, words.get(1), words.get(3));
      case "mset" -> {
        for (int i = 1; i < words.size(); i += 2) {
          write(done, words.get(i), words.get(i + 1));
        }
      }
      case "hpexpire" ->
          fieldsExpireAt.put(
              done.db() + "/" + words.get(1), done.at() + Long.parseLong(words.get(2)) * 1_000_000);
      case "del" -> delete(done, words.subList(1, words.size()));
      case "rename" -> rename(done);
      case "flushall" -> flush(done, names, 2, "FLUSHALL");
      case "flushdb" -> flush(done, names, 1, "FLUSHDB");
      case "swapdb" -> swap(done);
      case LogEntry.EXPIRED -> expire(done.db() + "/" + words.get(1), done.at());
      case LogEntry.LOST -> flush(done, names, 2, LogEntry.LOST);
      default -> {}
    }
  }

  private void write(LogEntry done, String inRedis, String value) {
    String name = Structure.keyOf(inRedis);
    if (name != null && isKnown(done.db(), name)) {
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

  /** The last argument is not a key of the test: it is the tag of the deletion. */
  private void delete(LogEntry done, List<String> names) {
    String tag = names.get(names.size() - 1);
    noteDone(tag);
    for (String inRedis : names.subList(0, names.size() - 1)) {
      String name = Structure.keyOf(inRedis);
      if (name != null) {
        put(done, done.db() + "/" + name, null, tag);
      }
    }
  }

  private void rename(LogEntry done) {
    String from = done.db() + "/" + done.words().get(1);
    String to = done.db() + "/" + done.words().get(2);
    String tag = numbered(String.join(" ", done.words()).replaceFirst("rename", "RENAME"));
    String value = versions.containsKey(from) ? versions.get(from).last().value() : null;
    if (value != null && versions.containsKey(to)) {
      put(done, to, value, tag);
      put(done, from, null, tag);
    }
  }

  private void flush(LogEntry done, Set<String> names, int dbs, String text) {
    String tag = numbered(text);
    for (String name : names) {
      for (int db = 0; db < 2; db++) {
        if ((dbs == 2 || db == done.db()) && isKnown(db, name)) {
          put(done, db + "/" + name, null, tag);
        }
      }
    }
  }

  private void swap(LogEntry done) {
    String tag = numbered("SWAPDB 0 1");
    for (String name : names) {
      String first = value(0, name);
      String second = value(1, name);
      versions.computeIfAbsent("0/" + name, key -> new Versions());
      versions.computeIfAbsent("1/" + name, key -> new Versions());
      Long firstExpiresAt = fieldsExpireAt.get("0/" + name);
      Long secondExpiresAt = fieldsExpireAt.get("1/" + name);
      put(done, "0/" + name, second, tag);
      put(done, "1/" + name, first, tag);
      if (firstExpiresAt != null) {
        fieldsExpireAt.put("1/" + name, firstExpiresAt);
      }
      if (secondExpiresAt != null) {
        fieldsExpireAt.put("0/" + name, secondExpiresAt);
      }
    }
  }

  private String value(int db, String name) {
    return isKnown(db, name) ? versions.get(db + "/" + name).last().value() : null;
  }

  /**
   * Adds the expiries of fields before that time. Redis does not report them in time, or not at
   * all. They happen when they are due.
   */
  private void expireFields(long now) {
    List<String> expired = new ArrayList<>();
    fieldsExpireAt.forEach(
        (key, at) -> {
          if (at - CLOCKS_NANOS <= now) {
            expired.add(key);
          }
        });
    for (String key : expired) {
      expire(key, fieldsExpireAt.remove(key));
    }
  }

  private void expire(String key, long at) {
    if (!versions.containsKey(key)) {
      return;
    }
    Operation write = writes.get(versions.get(key).last().value());
    if (write == null) {
      add(key, null, "expired", null, at - CLOCKS_NANOS, Long.MAX_VALUE, false);
      return;
    }
    long lifetime = write.part().lifetimeMs() * 1_000_000;
    long known = write.isDone() ? write.completed() + lifetime + CLOCKS_NANOS : Long.MAX_VALUE;
    // After SWAPDB the value may have expired before this key had it.
    known = Math.max(known, versions.get(key).last().done());
    add(key, null, "expired", null, write.invoked() + lifetime - CLOCKS_NANOS, known, false);
  }

  /** Whether the value had certainly expired before a request at that time. */
  boolean hasExpired(String value, long asked) {
    Operation write = writes.get(value);
    return write != null
        && write.isDone()
        && write.part().lifetimeMs() > 0
        && asked > write.completed() + write.part().lifetimeMs() * 1_000_000 + CLOCKS_NANOS;
  }

  /**
   * Tags the nth command with this text. Only the trial sends such commands, and it numbers them in
   * the same way.
   */
  private String numbered(String text) {
    return text + "#" + times.merge(text, 1, Integer::sum);
  }

  private void put(LogEntry done, String key, String value, String tag) {
    fieldsExpireAt.remove(key);
    Operation write = tag.contains("#") && unsure.contains(text(tag)) ? null : writes.get(tag);
    if (write == null) {
      add(key, value, tag, tag, done.at() - CLOCKS_NANOS, done.at() + CLOCKS_NANOS, false);
    } else {
      long acknowledged = write.isDone() ? write.completed() : Long.MAX_VALUE;
      String how = write.what() + " " + write.channel() + " by " + write.session();
      add(key, value, how, tag, write.invoked(), acknowledged, write.channel().isThrough());
    }
  }

  private void add(
      String key, String value, String how, String tag, long began, long done, boolean binding) {
    Versions all = versions.get(key);
    long earliest = Math.max(began, all.last().began());
    all.add(new Version(all.last().rank() + 1, value, how, tag, position, earliest, done, binding));
  }

  /**
   * Adds writes just before the loss of all data that MONITOR did not report. Their order is not
   * known, and Redis may not have executed them.
   */
  private void addUnlogged(LogEntry lost, Set<String> logged) {
    Map<String, Integer> ranks = new HashMap<>();
    for (Operation write : writes.values()) {
      Part part = write.part();
      boolean isNear =
          write.outcome() != Operation.Outcome.REFUSED
              && write.invoked() < lost.at()
              && (!write.isDone() || write.completed() > lost.at() - UNLOGGED_NANOS);
      if (part.key() != null
          && isNear
          && !logged.contains(part.tag())
          && positions(part.tag()).isEmpty()) {
        Versions all = versions.get(part.key());
        int rank = ranks.computeIfAbsent(part.key(), key -> all.last().rank() + 1);
        noteDone(part.tag());
        long acknowledged = write.isDone() ? write.completed() : Long.MAX_VALUE;
        all.add(
            new Version(
                rank,
                part.value(),
                write.what() + " just before the loss of all data",
                part.tag(),
                position,
                Math.max(write.invoked(), all.last().began()),
                acknowledged,
                write.channel().isThrough()));
      }
    }
  }
}
