package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All commands the server knows, found by the name in a request without making a string of it.
 * Immutable.
 */
public final class CommandTable {
  /** Nothing known: every command may have changed everything. */
  public static final CommandTable EMPTY = new CommandTable(Map.of());

  /** Longest name that is looked for, in bytes; a longer one counts as not listed. */
  private static final int MAX_NAME = 64;

  private final boolean isEmpty;

  /** By the hash of the name, with open addressing; at most half full. */
  private final @Nullable Command[] slots;

  /**
   * One command, as the server lists it.
   *
   * @param flags as the server gives them
   * @param firstKey the first key's argument, 0 when there is none
   * @param lastKey the last key's argument, counted from the end when negative
   * @param step from one key to the next
   */
  public record Row(Set<String> flags, int firstKey, int lastKey, int step) {}

  /** A table of rows by lower-case name. */
  public CommandTable(Map<String, Row> rows) {
    isEmpty = rows.isEmpty();
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

  /** The command of a request; one without a name when the table does not have it. */
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
    return slots[slot] == null ? Command.UNLISTED : slots[slot];
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

  /**
   * What a request may change.
   *
   * @param command its command
   */
  public static Writes writes(Command command, Request request) {
    return switch (command.effect) {
      case NOTHING -> Writes.NOTHING;
      case UNKNOWN -> Writes.UNKNOWN;
      case EVERYTHING -> Writes.EVERYTHING;
      case ACCESS -> Command.onlyTells(request) ? Writes.NOTHING : Writes.ACCESS;
      case KEYS -> keys(command, request);
    };
  }

  private static Writes keys(Command command, Request request) {
    int last = command.lastKey < 0 ? request.count() + command.lastKey : command.lastKey;
    if (!request.isWhole() && (command.lastKey != command.firstKey || last >= request.count())) {
      return Writes.UNKNOWN;
    }
    if (last == command.firstKey) {
      return last < request.count() ? Writes.of(request.copy(last)) : Writes.NOTHING;
    }
    List<byte[]> keys = new ArrayList<>();
    for (int i = command.firstKey; i <= last && i < request.count(); i += command.step) {
      keys.add(request.copy(i));
    }
    return Writes.of(keys);
  }
}
