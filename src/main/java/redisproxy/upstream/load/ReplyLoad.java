package redisproxy.upstream.load;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redisproxy.cache.Key;
import redisproxy.cache.Load;
import redisproxy.cache.Read;
import redisproxy.cache.ReadThrough;
import redisproxy.upstream.connection.Greeting;

/**
 * What is sent to Redis for one load of a {@link Read}: first how long the reply will be true, then
 * the read itself.
 *
 * <p>The order matters. PTTL comes first, so its -2 says that the key was missing before the read,
 * not that it went away behind it. Whatever changes between the two commands is a write. Redis
 * reports it, and the load is overtaken.
 *
 * <p>Fields of a hash may expire one by one since Redis 7.4. PTTL knows nothing of them, and Redis
 * reports such an expiry late or never. HPTTL tells it for the fields that are named. For a read of
 * all fields no field expires if the encoding of the hash is {@code listpack}, or if its database
 * has no such hash. Otherwise HPTTL is sent in a second step, for the fields in the reply. It comes
 * behind the read, so a field that has expired between them answers -2, and the reply is not kept.
 * The reply to HVALS names no fields, so it is not kept either.
 *
 * @param <W> a waiter
 */
final class ReplyLoad<W> {
  /** What a reply belongs to. */
  enum Part {
    TIME,
    FIELD_TIMES,
    ENCODING,
    KEYSPACE,
    REPLY,
    TIMES_OF_ALL_FIELDS
  }

  /** The times of more fields are not asked for. */
  private static final int MAX_FIELDS = 512;

  /** Nor are they if the names of the fields have more bytes. */
  private static final int MAX_FIELD_BYTES = 32 * 1024;

  private static final byte[] NOTHING = {};
  private static final byte[] PTTL = ascii("PTTL");
  private static final byte[] HPTTL = ascii("HPTTL");
  private static final byte[] FIELDS = ascii("FIELDS");
  private static final byte[] OBJECT = ascii("OBJECT");
  private static final byte[] ENCODING = ascii("ENCODING");
  private static final byte[] INFO = ascii("INFO");
  private static final byte[] KEYSPACE = ascii("keyspace");

  /** Encodings of hashes without fields that expire. */
  private static final Pattern PLAIN = Pattern.compile("\\$\\d+\r\n(listpack|ziplist)\r\n");

  /** What INFO says of a database without such hashes: Redis, and Valkey. */
  private static final Pattern NONE_EXPIRES =
      Pattern.compile("(subexpiry|keys_with_volatile_items)=0(?!\\d)");

  /** What a read of fields says of a field that does not exist. */
  private static final Set<String> MISSING = Set.of("$-1", "_", ":0");

  private static final String NO_FIELD = "-2";

  private static final Pattern NUMBER = Pattern.compile(":(-?\\d{1,18})\r\n");

  private final Load<W> load;
  private long askedAt;
  private final List<Part> parts = new ArrayList<>(4);

  /** In milliseconds, or one of the constants of {@link ReadThrough}. */
  private long remaining = ReadThrough.UNKNOWN_TIME;

  private final boolean asksFields;

  /** The shortest time of a field, in milliseconds; 0 until it is known. */
  private long fieldRemaining;

  /** How many of the named fields do not exist, as HPTTL says. */
  private int missingFields;

  private boolean isPlainHash;

  /** The reply, while it waits for the times of the fields in it. */
  private byte[] reply = NOTHING;

  /** How many fields are asked for their times. */
  private int fields;

  private boolean done;
  private boolean retried;

  ReplyLoad(Load<W> load, Read read, long askedAt) {
    this.load = load;
    this.askedAt = askedAt;
    this.asksFields = read.has(Read.FIELDS) || read.has(Read.ALL_FIELDS);
    this.fieldRemaining = asksFields ? 0 : Long.MAX_VALUE;
    parts.add(Part.TIME);
    if (read.has(Read.FIELDS)) {
      parts.add(Part.FIELD_TIMES);
    } else if (read.has(Read.ALL_FIELDS)) {
      parts.add(Part.ENCODING);
      parts.add(Part.KEYSPACE);
    }
    parts.add(Part.REPLY);
  }

  Load<W> load() {
    return load;
  }

  long askedAt() {
    return askedAt;
  }

  /** The parts, in the order in which they are asked for. */
  List<Part> parts() {
    return parts;
  }

  boolean isDone() {
    return done;
  }

  /** The load has ended; returns false if it had before. */
  boolean end() {
    boolean wasOpen = !done;
    done = true;
    return wasOpen;
  }

  /** Its connection was lost; whether to ask over another one. */
  boolean mayRetry() {
    boolean may = !done && !retried;
    retried = true;
    // What was known may belong to another server.
    remaining = ReadThrough.UNKNOWN_TIME;
    fieldRemaining = asksFields ? 0 : Long.MAX_VALUE;
    missingFields = 0;
    isPlainHash = false;
    return may;
  }

  /** Appends what is sent to Redis. */
  void appendTo(Buffer out, Read read) {
    Key key = load.key();
    List<byte[]> words = read.words();
    Greeting.append(out, PTTL, key.bytes());
    if (read.has(Read.FIELDS)) {
      append(out, hpttl(key, words.subList(1, words.size())));
    } else if (read.has(Read.ALL_FIELDS)) {
      Greeting.append(out, OBJECT, ENCODING, key.bytes());
      Greeting.append(out, INFO, KEYSPACE);
    }
    appendRead(out, key, words);
  }

  private static List<byte[]> hpttl(Key key, List<byte[]> fields) {
    List<byte[]> words = new ArrayList<>(fields.size() + 4);
    words.add(HPTTL);
    words.add(key.bytes());
    words.add(FIELDS);
    words.add(ascii(Integer.toString(fields.size())));
    words.addAll(fields);
    return words;
  }

  /** Appends the read alone. */
  static void append(Buffer out, Key key, Read read) {
    appendRead(out, key, read.words());
  }

  private static void appendRead(Buffer out, Key key, List<byte[]> words) {
    List<byte[]> request = new ArrayList<>(words);
    request.add(1, key.bytes());
    append(out, request);
  }

  private static void append(Buffer out, List<byte[]> words) {
    Greeting.append(out, words.toArray(new byte[0][]));
  }

  private static byte[] ascii(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }

  /** What Redis says of how long the reply is true. */
  void time(Part part, ByteBuf from, int start, int length) {
    String reply = from.toString(start, length, StandardCharsets.ISO_8859_1);
    switch (part) {
      case TIME -> remaining = time(reply);
      case FIELD_TIMES -> fieldRemaining = fieldTimes(reply);
      case ENCODING -> isPlainHash = PLAIN.matcher(reply).matches();
      case KEYSPACE ->
          fieldRemaining =
              isPlainHash || !hasExpiringFields(reply, load.key().db()) ? Long.MAX_VALUE : 0;
      case TIMES_OF_ALL_FIELDS -> fieldRemaining = timesOfAllFields(reply);
      case REPLY -> throw new IllegalArgumentException("not a time");
    }
  }

  private static long time(String reply) {
    Matcher number = NUMBER.matcher(reply);
    return number.matches() ? Long.parseLong(number.group(1)) : ReadThrough.UNKNOWN_TIME;
  }

  /** An error means that the key is no hash, or that nothing is known; then nothing is kept. */
  private long fieldTimes(String reply) {
    if (!reply.startsWith("*")) {
      return 0;
    }
    long shortest = Long.MAX_VALUE;
    Matcher number = NUMBER.matcher(reply);
    while (number.find()) {
      missingFields += number.group(1).equals(NO_FIELD) ? 1 : 0;
      long time = Long.parseLong(number.group(1));
      shortest = time < 0 ? shortest : Math.min(shortest, time);
    }
    return shortest;
  }

  /** A field that is gone has expired since the read. */
  private long timesOfAllFields(String times) {
    long shortest = Long.MAX_VALUE;
    int known = 0;
    Matcher number = NUMBER.matcher(times);
    while (number.find()) {
      long time = Long.parseLong(number.group(1));
      known += time < ReadThrough.NO_EXPIRY ? 0 : 1;
      shortest = time < 0 ? shortest : Math.min(shortest, time);
    }
    return known == fields ? shortest : 0;
  }

  /** Whether INFO says, or does not rule out, that a hash of a database has such fields. */
  private static boolean hasExpiringFields(String info, int db) {
    int line = info.indexOf("\ndb" + db + ":");
    if (line < 0) {
      return info.startsWith("-");
    }
    int end = info.indexOf('\r', line);
    String keyspace = info.substring(line, end < 0 ? info.length() : end);
    return !NONE_EXPIRES.matcher(keyspace).find();
  }

  /**
   * Checks the reply to the read. In the last millisecond of a field, Redis 7.4 and 8.0 say by
   * HPTTL that it does not exist, and HGET still returns it. Such a reply is not kept: nothing
   * would end it.
   */
  void check(ByteBuf from, int start, int length) {
    if (missingFields > 0 && missingIn(from, start, start + length) < missingFields) {
      fieldRemaining = 0;
    }
  }

  private static int missingIn(ByteBuf reply, int start, int end) {
    int missing = 0;
    int at = start;
    while (at < end) {
      int next = reply.indexOf(at, end, (byte) '\n') + 1;
      String line = reply.toString(at, next - at - 2, StandardCharsets.ISO_8859_1);
      boolean isMissing = MISSING.contains(line);
      missing += isMissing ? 1 : 0;
      boolean isString = line.charAt(0) == '$' && !isMissing;
      at = next + (isString ? Integer.parseInt(line.substring(1)) + 2 : 0);
    }
    return missing;
  }

  /**
   * Appends the question for the times of all fields in a reply.
   *
   * @return false if it need not or cannot be asked; then nothing is appended
   */
  boolean appendFieldTimes(Buffer out, byte[] reply, long now) {
    Read read = Objects.requireNonNull(load.read());
    boolean isOpen = fieldRemaining == 0 && remaining >= ReadThrough.NO_EXPIRY;
    List<byte[]> names =
        isOpen && read.has(Read.ALL_FIELDS) ? FieldNames.in(reply, read) : List.of();
    long bytes = names.stream().mapToLong(name -> name.length).sum();
    if (names.isEmpty() || names.size() > MAX_FIELDS || bytes > MAX_FIELD_BYTES) {
      return false;
    }
    append(out, hpttl(load.key(), names));
    this.reply = reply;
    fields = names.size();
    askedAt = now;
    return true;
  }

  /** The reply that waited for the times of the fields in it. */
  byte[] reply() {
    return reply;
  }

  /** How long the reply is true, in milliseconds, or one of the constants of ReadThrough. */
  long remaining() {
    if (remaining == ReadThrough.NO_EXPIRY) {
      return fieldRemaining == Long.MAX_VALUE ? ReadThrough.NO_EXPIRY : fieldRemaining;
    }
    return remaining < 0 ? remaining : Math.min(remaining, fieldRemaining);
  }
}
