package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.Reply;

/**
 * A request of a client: its command, the positions of its arguments in the buffer, and what it
 * writes. The command and the writes are computed once, when they are first needed.
 *
 * <p>A {@link RequestParser} has one instance and reuses it for each request. One thread at a time.
 */
public final class Request {
  static final int USUAL_ARGUMENTS = 16;

  /** Longer numbers may not fit into a long. */
  private static final int MAX_DIGITS = 18;

  private final Supplier<CommandTable> commands;

  private int count;

  /** Offsets from the first byte of the request. */
  private int[] starts = new int[USUAL_ARGUMENTS];

  private int[] lengths = new int[USUAL_ARGUMENTS];

  /** Holds the arguments: the input, or a separate buffer for an inline request. */
  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;

  private int base;
  private boolean inline;
  private boolean whole;
  private int size;

  private @Nullable Command command;
  private @Nullable Writes writes;

  /** Looks the command up in the table that is current when the command is first needed. */
  Request(Supplier<CommandTable> commands) {
    this.commands = commands;
  }

  // For the parser

  /** Forgets the previous request. */
  void begin() {
    count = 0;
    whole = false;
    command = null;
    writes = null;
    if (starts.length > USUAL_ARGUMENTS) {
      starts = new int[USUAL_ARGUMENTS];
      lengths = new int[USUAL_ARGUMENTS];
    }
  }

  void add(int start, int length) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    starts[count] = start;
    lengths[count++] = length;
  }

  /** The arguments are in the input. Its reader index is at the request's first byte. */
  void liesIn(ByteBuf input) {
    buffer = input;
    base = input.readerIndex();
    inline = false;
  }

  /** The arguments are in a separate buffer. */
  void liesApart(ByteBuf arguments) {
    buffer = arguments;
    base = 0;
    inline = true;
  }

  /** Marks the request as complete. */
  void end(int bytes) {
    size = bytes;
    whole = true;
  }

  /** The input may have moved to another buffer or position. */
  void moved(ByteBuf input) {
    if (!inline) {
      liesIn(input);
    }
  }

  // For all other callers

  /** Whether all arguments are present. A request that is too large has only its first ones. */
  public boolean isWhole() {
    return whole;
  }

  /** How many bytes a complete request has in the input. */
  public int size() {
    return size;
  }

  /** The command; it has an empty name if it is not known. */
  public Command command() {
    if (command == null) {
      command = commands.get().of(this).accepted(this);
    }
    return command;
  }

  /** What the request may change. */
  public Writes writes() {
    if (writes == null) {
      writes = CommandTable.writes(this);
    }
    return writes;
  }

  /**
   * Passes the index of each key of a complete request to the consumer.
   *
   * @return whether all keys were found
   */
  public boolean keys(IntConsumer keys) {
    return command().keys().all(this, keys);
  }

  /** How many arguments the request has, including the command's name. */
  public int count() {
    return count;
  }

  /** Memory held for the positions of more than the usual arguments, in bytes. */
  public long held() {
    return starts.length == USUAL_ARGUMENTS ? 0 : 2L * Integer.BYTES * starts.length;
  }

  /** The buffer that {@link #start} points into. */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Where an argument begins in {@link #buffer}. */
  public int start(int argument) {
    return base + starts[argument];
  }

  /** An argument's length in bytes. */
  public int length(int argument) {
    return lengths[argument];
  }

  /** An argument's bytes. */
  public byte[] copy(int argument) {
    byte[] bytes = new byte[lengths[argument]];
    buffer.getBytes(start(argument), bytes);
    return bytes;
  }

  /** An argument's first bytes, each as one character. */
  public String text(int argument, int limit) {
    return buffer.toString(
        start(argument), Math.min(limit, lengths[argument]), StandardCharsets.ISO_8859_1);
  }

  /** An argument's first bytes in lower case, each as one character. */
  public String lowerCase(int argument, int limit) {
    return text(argument, limit).toLowerCase(Locale.ROOT);
  }

  /** Whether an argument equals a lower-case word, ignoring case. */
  boolean is(int argument, String word) {
    if (lengths[argument] != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (CommandName.lower(buffer.getByte(start(argument) + i)) != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** An argument as a number, as Redis parses it; -1 if it is negative or not a number. */
  long number(int argument) {
    String text = text(argument, MAX_DIGITS + 1);
    boolean isNumber =
        text.length() <= MAX_DIGITS
            && !text.isEmpty()
            && text.chars().allMatch(digit -> digit >= '0' && digit <= '9')
            && (text.length() == 1 || text.charAt(0) != '0');
    return isNumber ? Long.parseLong(text) : -1;
  }

  /** The command's name as {@link CommandName#of} gives it. */
  public long name() {
    return count == 0 ? CommandName.LONG : CommandName.of(buffer, start(0), lengths[0]);
  }

  /** An argument as a bulk string, copied. */
  public byte[] bulk(int argument) {
    return Reply.bulk(buffer, start(argument), lengths[argument]);
  }

  /** The request as RESP: an array of bulk strings, copied. */
  public byte[] array() {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.writeBytes(("*" + count + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < count; i++) {
      array.writeBytes(bulk(i));
    }
    return array.toByteArray();
  }

  /** A request with these arguments, as RESP. */
  static byte[] array(byte[]... arguments) {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.writeBytes(("*" + arguments.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (byte[] argument : arguments) {
      array.writeBytes(Reply.bulk(Unpooled.wrappedBuffer(argument), 0, argument.length));
    }
    return array.toByteArray();
  }

  /**
   * Redis 7's error for an unknown command. It quotes up to 128 bytes of the name and up to 128
   * bytes of the arguments.
   */
  public byte[] unknownCommand() {
    StringBuilder arguments = new StringBuilder();
    for (int i = 1; i < count && arguments.length() < 128; i++) {
      String argument = cString(text(i, 128 - arguments.length()));
      arguments.append('\'').append(argument).append("' ");
    }
    String name = cString(text(0, 128));
    return Reply.error(
        "ERR unknown command '" + name + "', with args beginning with: " + arguments);
  }

  /** Cuts a string at its first NUL, as C's printf does. */
  private static String cString(String text) {
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }
}
