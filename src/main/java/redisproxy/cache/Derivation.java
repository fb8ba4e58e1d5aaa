package redisproxy.cache;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Answers a read from what the cache keeps of its key for another read: a part of a hash from the
 * reply to HGETALL, a part or a property of a string from its value. The bytes are those that Redis
 * would send.
 *
 * <p>Nothing is derived if Redis would answer with an error, if servers differ in their answers, or
 * if it takes longer than a hit should. Such a read goes the usual way.
 *
 * <p>A derived reply is as fresh as its source. An invalidation of the key drops the source, and
 * nothing is derived from it afterwards. The derived reply is not kept, and it has the expiry of
 * the source, which the times to live of the key and of its fields bound. So it never outlives the
 * source. All reads that are answered from one source show one state. The load of another read may
 * bring a newer state. Its answer waits until Redis has reported the write ({@link ReadThrough}),
 * and the report drops the source.
 *
 * <p>Belongs to the thread that owns the cache.
 */
final class Derivation {
  /** A hash with more fields is not searched. */
  static final int MAX_FIELDS = 64;

  /** More fields are not searched for at a time. */
  static final int MAX_ARGUMENTS = 16;

  /** More bytes are not copied: a reply of its own is sent without a copy. */
  static final int MAX_COPIED = 8 * 1024;

  /**
   * GETBIT is derived for smaller offsets only. Redis refuses an offset beyond {@code
   * proto-max-bulk-len}, which is 1 MiB or more.
   */
  private static final long MAX_BIT = 8L << 20;

  /** A number with more digits may not fit into a long. */
  private static final int MAX_DIGITS = 18;

  /** Stands for what is no number. */
  private static final long NO_NUMBER = Long.MIN_VALUE;

  private static final byte[] NIL = ascii("$-1\r\n");
  private static final byte[] NULL = ascii("_\r\n");
  private static final byte[] EMPTY = ascii("$0\r\n\r\n");
  private static final byte[] ZERO = ascii(":0\r\n");
  private static final byte[] ONE = ascii(":1\r\n");
  private static final byte[] STRING = ascii("+string\r\n");
  private static final byte[] NONE = ascii("+none\r\n");

  /** The commands whose replies are derived: first those of hashes, then those of strings. */
  private enum Command {
    HGET(1),
    HMGET(MAX_ARGUMENTS),
    HEXISTS(1),
    HSTRLEN(1),
    HLEN(0),
    STRLEN(0),
    EXISTS(0),
    TYPE(0),
    GETRANGE(2),
    SUBSTR(2),
    GETBIT(1);

    private static final Command[] ALL = values();

    private final String word = name().toLowerCase(Locale.ROOT);

    /** How many arguments stand behind the key; HMGET has fewer, too. */
    private final int arguments;

    Command(int arguments) {
      this.arguments = arguments;
    }

    boolean is(byte[] buffer, int start, int length) {
      boolean is = length == word.length();
      for (int i = 0; is && i < length; i++) {
        is = buffer[start + i] == word.charAt(i);
      }
      return is;
    }

    boolean takes(int count) {
      return count == arguments || this == HMGET && count > 0 && count < arguments;
    }

    boolean isOfHash() {
      return compareTo(HLEN) <= 0;
    }
  }

  private final CommandCounts commandCounts;

  /** By the ordinals of the commands; null for those that were never derived. */
  private final CommandCounts.@Nullable Of[] counts =
      new CommandCounts.@Nullable Of[Command.ALL.length];

  /** The read that is answered: its bytes, and where each argument begins and how long it is. */
  private byte[] read = NIL;

  private int count;
  private final int[] starts = new int[MAX_ARGUMENTS];
  private final int[] lengths = new int[MAX_ARGUMENTS];

  /** The reply to HGETALL that is searched, and where its next string begins. */
  private byte[] hash = NIL;

  private int next;

  /** For each argument, where the value of the field begins and ends; 0 if there is none. */
  private final int[] valueStarts = new int[MAX_ARGUMENTS];

  private final int[] valueEnds = new int[MAX_ARGUMENTS];

  Derivation(CommandCounts commandCounts) {
    this.commandCounts = commandCounts;
  }

  /**
   * The reply to a read, or null if it is not derived. Counts as a use of its source.
   *
   * @param kept what is kept of the key
   * @param buffer holds the read's bytes from {@code offset} on
   */
  @Nullable CachedReply of(Kept kept, byte[] buffer, int offset, int length, long now) {
    Command command = command(buffer, offset);
    if (command == null) {
      return null;
    }
    findArguments(buffer, offset + Read.NAME_AT + command.word.length(), offset + length);
    if (!command.takes(count)) {
      return null;
    }
    read = buffer;
    CachedReply reply =
        command.isOfHash()
            ? ofHash(command, kept, offset, length, now)
            : ofString(command, kept, offset, length, now);
    // Both may be large.
    read = NIL;
    hash = NIL;
    return reply;
  }

  private static @Nullable Command command(byte[] buffer, int offset) {
    int length = Read.length(buffer, offset + 1);
    for (Command each : Command.ALL) {
      if (each.is(buffer, offset + Read.NAME_AT, length)) {
        return each;
      }
    }
    return null;
  }

  private void findArguments(byte[] buffer, int from, int to) {
    count = 0;
    for (int at = from; at < to && count <= MAX_ARGUMENTS; count++) {
      int length = Read.length(buffer, at);
      at += 2;
      if (count < MAX_ARGUMENTS) {
        starts[count] = at;
        lengths[count] = length;
      }
      at += length;
    }
  }

  private CommandCounts.Of counts(Command command) {
    CommandCounts.Of found = counts[command.ordinal()];
    if (found == null) {
      found = commandCounts.of(command.word);
      counts[command.ordinal()] = found;
    }
    return found;
  }

  // Hashes

  private @Nullable CachedReply ofHash(
      Command command, Kept kept, int offset, int length, long now) {
    CachedReply source = kept.allOfHash(now);
    if (source == null) {
      return null;
    }
    // If fields may expire, the source must have been loaded with their times.
    boolean mayExpire = (read[offset] & Read.FIELDS) != 0;
    if (mayExpire && !source.read().has(Read.ALL_FIELDS)) {
      return null;
    }
    byte[] nil = (read[offset] & Read.RESP3) == 0 ? NIL : NULL;
    byte[] reply = partOfHash(command, source, nil);
    return reply == null
        ? null
        : new CachedReply(
            source.key(),
            Read.copyOf(read, offset, length),
            reply,
            counts(command),
            source.loadedAt(),
            source.expiresAt);
  }

  private byte @Nullable [] partOfHash(Command command, CachedReply source, byte[] nil) {
    hash = source.bytes();
    int strings = readLine(0, hash[0] == '%' ? '%' : '*');
    int fields = hash[0] == '%' ? strings : strings / 2;
    if (strings < 0) {
      return null;
    }
    if (command == Command.HLEN) {
      // A field that has expired counts until Redis deletes it.
      return source.read().has(Read.ALL_FIELDS) ? null : line(':', fields);
    }
    if (fields > MAX_FIELDS || !search(fields)) {
      return null;
    }
    return switch (command) {
      case HEXISTS -> valueEnds[0] > 0 ? ONE : ZERO;
      case HSTRLEN -> valueEnds[0] > 0 ? line(':', readLine(valueStarts[0], '$')) : ZERO;
      case HGET -> valueEnds[0] > 0 ? values(EMPTY, 0, nil) : nil;
      default -> {
        byte[] head = line('*', count);
        yield values(head, head.length, nil);
      }
    };
  }

  /** Reads a number behind a type byte; returns -1 if there is anything else. */
  private int readLine(int at, char type) {
    byte[] bytes = hash;
    int number = 0;
    int i = at + 1;
    int digit = bytes[i] - '0';
    while (digit >= 0 && digit <= 9) {
      number = number * 10 + digit;
      digit = bytes[++i] - '0';
    }
    next = i + 2;
    return bytes[at] == type && bytes[i] == '\r' ? number : -1;
  }

  /** Finds the values of the fields that the arguments name. Returns false if it cannot. */
  private boolean search(int fields) {
    Arrays.fill(valueEnds, 0, count, 0);
    int missing = count;
    for (int i = 0; i < fields && missing > 0; i++) {
      int length = readLine(next, '$');
      if (length < 0) {
        return false;
      }
      int field = next;
      int value = field + length + 2;
      int valueLength = readLine(value, '$');
      if (valueLength < 0) {
        return false;
      }
      next += valueLength + 2;
      for (int j = 0; j < count; j++) {
        if (isArgument(j, field, length)) {
          valueStarts[j] = value;
          valueEnds[j] = next;
          missing--;
        }
      }
    }
    return true;
  }

  private boolean isArgument(int i, int field, int length) {
    return lengths[i] == length
        && Arrays.equals(read, starts[i], starts[i] + length, hash, field, field + length);
  }

  /** Joins a head and the values that were found; null if they are long. */
  private byte @Nullable [] values(byte[] head, int headLength, byte[] nil) {
    long length = headLength;
    for (int i = 0; i < count; i++) {
      length += valueEnds[i] > 0 ? valueEnds[i] - valueStarts[i] : nil.length;
    }
    if (length > MAX_COPIED) {
      return null;
    }
    byte[] reply = new byte[(int) length];
    System.arraycopy(head, 0, reply, 0, headLength);
    int at = headLength;
    for (int i = 0; i < count; i++) {
      boolean isFound = valueEnds[i] > 0;
      int from = isFound ? valueStarts[i] : 0;
      int end = isFound ? valueEnds[i] : nil.length;
      System.arraycopy(isFound ? hash : nil, from, reply, at, end - from);
      at += end - from;
    }
    return reply;
  }

  // Strings

  private @Nullable CachedReply ofString(
      Command command, Kept kept, int offset, int length, long now) {
    Entry source = kept.value(now);
    if (source == null) {
      return null;
    }
    byte[] reply = partOfString(command, source);
    return reply == null
        ? null
        : new CachedReply(
            source.key(),
            Read.copyOf(read, offset, length),
            reply,
            counts(command),
            source.loadedAt(),
            source.expiresAt);
  }

  /** The nil of a missing key is true whatever the type of the key was. */
  private byte @Nullable [] partOfString(Command command, Entry source) {
    boolean isMissing = source.isMissing();
    return switch (command) {
      case EXISTS -> isMissing ? ZERO : ONE;
      case TYPE -> isMissing ? NONE : STRING;
      case STRLEN -> isMissing ? ZERO : line(':', source.valueLength());
      case GETBIT -> bit(source);
      default -> range(source);
    };
  }

  private byte @Nullable [] bit(Entry source) {
    long offset = argument(0);
    if (offset < 0 || offset >= MAX_BIT) {
      return null;
    }
    int index = (int) (offset >> 3);
    if (source.isMissing() || index >= source.valueLength()) {
      return ZERO;
    }
    int bit = source.bytes()[source.valueOffset() + index] >> (7 - (offset & 7));
    return (bit & 1) == 0 ? ZERO : ONE;
  }

  private byte @Nullable [] range(Entry source) {
    long first = argument(0);
    long last = argument(1);
    if (first == NO_NUMBER || last == NO_NUMBER) {
      return null;
    }
    int length = source.isMissing() ? 0 : source.valueLength();
    if (length == 0 || first < 0 && last < 0 && first > last) {
      return EMPTY;
    }
    if (last < -length) {
      // Some servers take an end before the first byte for the first byte, and others do not.
      return null;
    }
    int from = (int) Math.max(0, first < 0 ? length + first : Math.min(first, length));
    int to = (int) (last < 0 ? length + last : Math.min(last, length - 1L)) + 1;
    if (from >= to) {
      return EMPTY;
    }
    return to - from > MAX_COPIED ? null : bulk(source, from, to);
  }

  private static byte[] bulk(Entry source, int from, int to) {
    byte[] head = line('$', to - from);
    byte[] reply = new byte[head.length + to - from + 2];
    System.arraycopy(head, 0, reply, 0, head.length);
    System.arraycopy(source.bytes(), source.valueOffset() + from, reply, head.length, to - from);
    reply[reply.length - 2] = '\r';
    reply[reply.length - 1] = '\n';
    return reply;
  }

  /** An argument as a number, if Redis would take it for one; else {@link #NO_NUMBER}. */
  private long argument(int i) {
    int at = starts[i];
    int end = at + lengths[i];
    boolean isNegative = at < end && read[at] == '-';
    int first = isNegative ? at + 1 : at;
    boolean isZero = end - at == 1 && read[at] == '0';
    if (first >= end || end - first > MAX_DIGITS || read[first] == '0' && !isZero) {
      return NO_NUMBER;
    }
    long number = 0;
    for (int j = first; j < end; j++) {
      if (read[j] < '0' || read[j] > '9') {
        return NO_NUMBER;
      }
      number = number * 10 + read[j] - '0';
    }
    return isNegative ? -number : number;
  }

  /** A line with a number that is not negative. */
  private static byte[] line(char type, int number) {
    int digits = 1;
    for (int rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    byte[] line = new byte[digits + 3];
    line[0] = (byte) type;
    int rest = number;
    for (int i = digits; i > 0; i--) {
      line[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    line[digits + 1] = '\r';
    line[digits + 2] = '\n';
    return line;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
