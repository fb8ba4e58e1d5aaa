package redisproxy.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the server's own COMMAND reply says of each command
 * (https://redis.io/docs/latest/commands/command/): whether it writes, and where its keys stand.
 * Immutable.
 */
public final class CommandTable {
  /** Nothing known: every command may have changed everything. */
  public static final CommandTable EMPTY = new CommandTable(Map.of());

  /** Flagged neither as reads nor as writes, and leaving every key's value as it was. */
  private static final Set<String> HARMLESS =
      Set.of(
          ("asking auth bgrewriteaof bgsave client cluster command discard echo exec hello info lastsave"
                  + " latency lolwut memory monitor multi object ping psubscribe psync publish pubsub punsubscribe quit readonly"
                  + " readwrite replconf reset role save script select slowlog spublish ssubscribe subscribe"
                  + " sunsubscribe sync time unsubscribe unwatch wait waitaof watch xinfo")
              .split(" "));

  /** Any of their subcommands counts as one that changes who may log in. */
  private static final Set<String> ACCESS = Set.of("acl", "config");

  /**
   * Flagged as a read, but it keeps the count within the value, so GET gives other bytes
   * afterwards.
   */
  private static final String WRITING_READ = "pfcount";

  /** Longest command name that is looked up; a longer one is not known. */
  private static final int MAX_NAME = 64;

  private final Map<String, Row> rows;

  /**
   * One command.
   *
   * @param flags as the server gives them
   * @param firstKey the first key's argument, 0 when there is none
   * @param lastKey the last key's argument, counted from the end when negative
   * @param step from one key to the next
   */
  public record Row(Set<String> flags, int firstKey, int lastKey, int step) {
    private boolean reads() {
      return flags.contains("readonly");
    }

    private boolean keysAreKnown() {
      return (flags.contains("write") || reads())
          && !flags.contains("movablekeys")
          && firstKey > 0
          && step > 0;
    }
  }

  /** A table of rows by lower-case name. */
  public CommandTable(Map<String, Row> rows) {
    this.rows = Map.copyOf(rows);
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * What a request may change.
   *
   * @param isWhole whether all its arguments are there
   */
  public Writes writes(RequestParser request, boolean isWhole) {
    if (request.count() == 0 || request.length(0) > MAX_NAME) {
      return Writes.EVERYTHING;
    }
    String name = request.text(0, MAX_NAME).toLowerCase(Locale.ROOT);
    if (ACCESS.contains(name)) {
      return Writes.ACCESS;
    }
    Row row = rows.get(name);
    if (HARMLESS.contains(name) || row != null && row.reads() && !name.equals(WRITING_READ)) {
      return Writes.NOTHING;
    }
    if (row == null || !row.keysAreKnown() || !isWhole && row.lastKey != row.firstKey) {
      return Writes.EVERYTHING;
    }
    return keys(request, row, isWhole);
  }

  private static Writes keys(RequestParser request, Row row, boolean isWhole) {
    int last = row.lastKey < 0 ? request.count() + row.lastKey : row.lastKey;
    if (!isWhole && last >= request.count()) {
      return Writes.EVERYTHING;
    }
    List<byte[]> keys = new ArrayList<>(1);
    for (int i = row.firstKey; i <= last && i < request.count(); i += row.step) {
      byte[] key = new byte[request.length(i)];
      request.buffer().getBytes(request.start(i), key);
      keys.add(key);
    }
    return Writes.NOTHING.and(new Writes(false, keys));
  }
}
