package redisproxy.command;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All commands that the server knows. Finds a command by the bytes of its name in a request, and
 * allocates no string. Immutable.
 */
public final class CommandTable {
  /** Knows only the built-in commands: any other command may have changed any key. */
  public static final CommandTable EMPTY = new CommandTable(Map.of());

  /** Longest name that is looked up, in bytes. Longer names count as not listed. */
  private static final int MAX_NAME = 64;

  private final boolean isEmpty;
  private final boolean hasExpiringFields;

  /** A hash table by name, with open addressing; at most half full. */
  private final @Nullable Command[] slots;

  /**
   * One command, as the server lists it.
   *
   * @param flags as the server names them
   * @param firstKey the first key's argument; 0 if there is none
   * @param lastKey the last key's argument; a negative number counts from the end
   * @param step the distance from one key to the next
   * @param keySpecs where its keys are; empty before Redis 7
   * @param tips the server's command tips for clients; empty before Redis 7
   * @param subcommands by their lower-case names, without the command's own name
   */
  public record Row(
      Set<String> flags,
      int firstKey,
      int lastKey,
      int step,
      List<KeySpec> keySpecs,
      Set<String> tips,
      Map<String, Row> subcommands) {

    /** A row as Redis 6 reports it. */
    public Row(Set<String> flags, int firstKey, int lastKey, int step) {
      this(flags, firstKey, lastKey, step, List.of(), Set.of(), Map.of());
    }
  }

  /** Makes a table of these rows, which are listed by lower-case name. */
  public CommandTable(Map<String, Row> rows) {
    isEmpty = rows.isEmpty();
    hasExpiringFields = rows.containsKey("hpexpire");
    Map<String, Command> commands = Command.all(rows);
    slots = new @Nullable Command[Integer.highestOneBit(commands.size()) * 4];
    for (Command command : commands.values()) {
      int slot = hash(command.bytes);
      while (slots[slot] != null) {
        slot = slot + 1 & slots.length - 1;
      }
      slots[slot] = command;
    }
  }

  public boolean isEmpty() {
    return isEmpty;
  }

  /** Whether fields of a hash may expire one by one, as since Redis 7.4. */
  public boolean hasExpiringFields() {
    return hasExpiringFields;
  }

  /** The command of a request, or its subcommand. {@link Command#UNLISTED} if it is not listed. */
  public Command of(Request request) {
    if (request.count() == 0) {
      return Command.UNLISTED;
    }
    ByteBuf buffer = request.buffer();
    int start = request.start(0);
    int length = request.length(0);
    int slot = hash(buffer, start, length);
    while (slots[slot] != null && !isNamed(slots[slot].bytes, buffer, start, length)) {
      slot = slot + 1 & slots.length - 1;
    }
    Command command = slots[slot];
    return command == null ? Command.UNLISTED : command.orSubcommand(request);
  }

  private int hash(byte[] name) {
    int hash = name.length;
    for (byte b : name) {
      hash = hash * 31 + b;
    }
    return slot(hash);
  }

  private int hash(ByteBuf buffer, int start, int length) {
    if (length > MAX_NAME) {
      return 0;
    }
    int hash = length;
    for (int i = start; i < start + length; i++) {
      hash = hash * 31 + CommandName.lower(buffer.getByte(i));
    }
    return slot(hash);
  }

  private int slot(int hash) {
    return (hash ^ hash >>> 15) & slots.length - 1;
  }

  private static boolean isNamed(byte[] name, ByteBuf buffer, int start, int length) {
    if (name.length != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (name[i] != CommandName.lower(buffer.getByte(start + i))) {
        return false;
      }
    }
    return true;
  }

  /** What a request may change. */
  static Writes writes(Request request) {
    Command command = request.command();
    return switch (command.effect) {
      case NOTHING -> Writes.NOTHING;
      case UNKNOWN -> Writes.UNKNOWN;
      case EVERYTHING -> Writes.EVERYTHING;
      case ACCESS -> Command.isAccessNeutral(request) ? Writes.NOTHING : Writes.ACCESS;
      case KEYS -> keys(command, request);
    };
  }

  private static Writes keys(Command command, Request request) {
    int only = command.keys().onlyWritten();
    if (only > 0 && only < request.count()) {
      return Writes.of(request.copy(only));
    }
    List<byte[]> keys = new ArrayList<>();
    return command.keys().written(request, key -> keys.add(request.copy(key)))
        ? Writes.of(keys)
        : Writes.UNKNOWN;
  }
}
