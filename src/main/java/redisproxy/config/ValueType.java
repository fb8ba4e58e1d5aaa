package redisproxy.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the text of a setting becomes a value.
 *
 * @param expected describes what is allowed
 * @param parser returns null when it cannot parse the text; throws an {@link
 *     IllegalArgumentException} where it can say more than {@code expected}
 * @param bounds which values are allowed
 * @param redaction makes the text safe to show
 */
public record ValueType<T>(
    String expected,
    Function<String, T> parser,
    Predicate<T> bounds,
    UnaryOperator<String> redaction) {

  // Leading zeros are refused: 010 is eight in YAML 1.1 and ten elsewhere. 18 digits always fit a
  // long.
  private static final Pattern QUANTITY = Pattern.compile("(0|[1-9][0-9]{0,17})([A-Za-z]*)");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]+");

  private static final Pattern COMMAND = Pattern.compile("-?[a-z][a-z0-9._-]{0,63}");

  private static final Pattern ORIGIN =
      Pattern.compile("https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]{1,5})?");

  private static final Map<String, Long> NO_UNIT = Map.of("", 1L);
  private static final Map<String, Long> MILLIS =
      Map.of("", 1L, "ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final Map<String, Long> BYTES =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("B", 1L),
          Map.entry("KiB", 1L << 10),
          Map.entry("MiB", 1L << 20),
          Map.entry("GiB", 1L << 30),
          Map.entry("KB", 1000L),
          Map.entry("MB", 1_000_000L),
          Map.entry("GB", 1_000_000_000L));

  private static <T> ValueType<T> of(
      String expected, Function<String, T> parser, Predicate<T> bounds) {
    return new ValueType<>(expected, parser, bounds, text -> text);
  }

  /**
   * Returns the value of a text, or throws an {@link IllegalArgumentException} that says what is
   * expected.
   */
  T parse(String text) {
    T value = parser.apply(text);
    if (value == null || !bounds.test(value)) {
      throw new IllegalArgumentException("expected " + expected);
    }
    return value;
  }

  static ValueType<Integer> integer(int min, int max) {
    return of(
        "a decimal number " + min + ".." + max,
        text -> asInt(quantity(text, NO_UNIT)),
        value -> value >= min && value <= max);
  }

  /** A size in bytes; the bounds are written like the values. */
  static ValueType<Long> size(String min, String max) {
    long least = bound(min, BYTES);
    long most = bound(max, BYTES);
    return of(
        "a size " + min + ".." + max + " such as 65536, 64KiB or 1MiB (also GiB, KB, MB, GB)",
        text -> quantity(text, BYTES),
        value -> value >= least && value <= most);
  }

  /** A size that fits an {@code int}. */
  static ValueType<Integer> intSize(String min, String max) {
    ValueType<Long> size = size(min, max);
    return of(
        size.expected(),
        text -> asInt(size.parser().apply(text)),
        i -> size.bounds().test((long) i));
  }

  /** A duration in whole milliseconds; the bounds are written like the values. */
  static ValueType<Duration> duration(String min, String max) {
    Duration least = Duration.ofMillis(bound(min, MILLIS));
    Duration most = Duration.ofMillis(bound(max, MILLIS));
    return of(
        "a duration " + min + ".." + max + " such as 500ms, 60s, 5m, 1h or 1d (bare: milliseconds)",
        ValueType::millis,
        value -> value.compareTo(least) >= 0 && value.compareTo(most) <= 0);
  }

  /** Zero, which turns something off, or a duration within the bounds. */
  static ValueType<Duration> durationOrZero(String min, String max) {
    ValueType<Duration> duration = duration(min, max);
    return of(
        "0 or " + duration.expected(),
        duration.parser(),
        value -> value.isZero() || duration.bounds().test(value));
  }

  private static @Nullable Duration millis(String text) {
    Long millis = quantity(text, MILLIS);
    return millis == null ? null : Duration.ofMillis(millis);
  }

  /**
   * One of these names, in upper or lower case: variables often say {@code INFO} or {@code TRUE}.
   */
  static <T> ValueType<T> oneOf(List<T> values, Function<T, String> name) {
    return of(
        values.stream().map(name).collect(Collectors.joining(" or ")),
        text -> {
          String wanted = text.toLowerCase(Locale.ROOT);
          return values.stream().filter(v -> name.apply(v).equals(wanted)).findFirst().orElse(null);
        },
        values::contains);
  }

  static ValueType<Boolean> bool() {
    return oneOf(List.of(true, false), String::valueOf);
  }

  static <E extends Enum<E>> ValueType<E> enumeration(Class<E> type) {
    return oneOf(List.of(type.getEnumConstants()), value -> value.name().toLowerCase(Locale.ROOT));
  }

  /** The word auto, which becomes an empty value and is computed later, or a value of the type. */
  static <T> ValueType<Optional<T>> auto(ValueType<T> type) {
    return of(
        "auto or " + type.expected(),
        text -> {
          if (text.equalsIgnoreCase("auto")) {
            return Optional.empty();
          }
          T value = type.parser().apply(text);
          return value == null ? null : Optional.of(value);
        },
        value -> value.isEmpty() || type.bounds().test(value.get()));
  }

  /** An address to listen on. Only its characters are checked here; binding resolves it. */
  static ValueType<String> host() {
    return of(
        "a host name or address such as localhost, 0.0.0.0 or ::1 (no brackets, no port)",
        text -> text,
        text -> HOST.matcher(text).matches());
  }

  /** Any text; empty means not set. */
  static ValueType<String> text() {
    return of("any text", text -> text, text -> true);
  }

  /** Any text up to this many characters; empty means not set. */
  static ValueType<String> text(int max) {
    return of("at most " + max + " characters", text -> text, text -> text.length() <= max);
  }

  /** A bearer token that fits into a header, up to this many characters; empty means not set. */
  static ValueType<String> token(int most) {
    return of(
        "at most " + most + " visible ASCII characters",
        text -> text,
        text -> text.length() <= most && text.chars().allMatch(c -> c > ' ' && c <= '~'));
  }

  /** A user name that HTTP Basic credentials can carry. */
  static ValueType<String> username(int most) {
    return of(
        "a name of 1 to " + most + " characters without a colon",
        text -> text,
        text -> !text.isEmpty() && text.length() <= most && text.indexOf(':') < 0);
  }

  /** A list of key prefixes, none of them empty. An empty text is an empty list. */
  static ValueType<List<String>> prefixes() {
    return of(
        "key prefixes such as user:,session: (comma-separated, none empty)",
        ValueType::list,
        prefixes -> prefixes.stream().noneMatch(String::isEmpty));
  }

  /** Origins of web pages, or * for all. An empty text is an empty list. */
  static ValueType<List<String>> origins() {
    return of(
        "* or origins such as https://a.example,http://localhost:3000 (comma-separated)",
        ValueType::list,
        origins ->
            origins.equals(List.of("*")) || origins.stream().allMatch(ORIGIN.asMatchPredicate()));
  }

  /** Names of commands in lower case, some behind a minus sign. */
  static ValueType<List<String>> commands() {
    return of(
        "default, get, or names of commands such as hget,lrange,-strlen (comma-separated)",
        text -> list(text.toLowerCase(Locale.ROOT)),
        names -> !names.isEmpty() && names.stream().allMatch(COMMAND.asMatchPredicate()));
  }

  private static List<String> list(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(String::strip).toList();
  }

  static ValueType<RedisUrl> redisUrl() {
    return new ValueType<>(RedisUrl.FORM, RedisUrl::parse, url -> true, RedisUrl::redact);
  }

  private static @Nullable Integer asInt(@Nullable Long value) {
    return value == null || value > Integer.MAX_VALUE ? null : Integer.valueOf(value.intValue());
  }

  private static long bound(String text, Map<String, Long> units) {
    return Objects.requireNonNull(quantity(text, units), text);
  }

  /** Returns a decimal number times its unit, or null if it is malformed or too large. */
  private static @Nullable Long quantity(String text, Map<String, Long> units) {
    Matcher matcher = QUANTITY.matcher(text);
    Long unit = matcher.matches() ? units.get(matcher.group(2)) : null;
    if (unit == null) {
      return null;
    }
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException overflow) {
      return null;
    }
  }
}
