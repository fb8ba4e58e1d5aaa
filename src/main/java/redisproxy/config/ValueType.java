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
 * @param expected what is allowed, in words
 * @param parser null when the text cannot be understood, or an {@link IllegalArgumentException}
 *     where there is more to say than {@code expected}
 * @param bounds which values are allowed
 * @param redaction the text as it may be shown
 */
public record ValueType<T>(
    String expected,
    Function<String, T> parser,
    Predicate<T> bounds,
    UnaryOperator<String> redaction) {

  // No leading zero: 010 is eight in YAML 1.1 and ten elsewhere. 18 digits always fit a long.
  private static final Pattern QUANTITY = Pattern.compile("(0|[1-9][0-9]{0,17})([A-Za-z]*)");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]+");

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

  /** The value of a text, or an {@link IllegalArgumentException} that says what is expected. */
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

  private static @Nullable Duration millis(String text) {
    Long millis = quantity(text, MILLIS);
    return millis == null ? null : Duration.ofMillis(millis);
  }

  /** One of some names, in any case: environments often say {@code INFO} or {@code TRUE}. */
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

  /** Empty when the value is to be computed. */
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

  /** An address to listen on. Only its characters are checked: it is resolved when it is bound. */
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

  /** Any text of at most so many characters; empty means not set. */
  static ValueType<String> text(int most) {
    return of("at most " + most + " characters", text -> text, text -> text.length() <= most);
  }

  /** What a bearer can say in a header, of at most so many characters; empty means not set. */
  static ValueType<String> token(int most) {
    return of(
        "at most " + most + " visible ASCII characters",
        text -> text,
        text -> text.length() <= most && text.chars().allMatch(c -> c > ' ' && c <= '~'));
  }

  /** A user's name, as HTTP's Basic credentials can say it. */
  static ValueType<String> username(int most) {
    return of(
        "a name of 1 to " + most + " characters without a colon",
        text -> text,
        text -> !text.isEmpty() && text.length() <= most && text.indexOf(':') < 0);
  }

  /** Prefixes of keys, none of them empty; an empty text is none at all. */
  static ValueType<List<String>> prefixes() {
    return of(
        "key prefixes such as user:,session: (comma-separated, none empty)",
        ValueType::list,
        prefixes -> prefixes.stream().noneMatch(String::isEmpty));
  }

  /** Origins of web pages, or the star that stands for all of them; an empty text is none. */
  static ValueType<List<String>> origins() {
    return of(
        "* or origins such as https://a.example,http://localhost:3000 (comma-separated)",
        ValueType::list,
        origins ->
            origins.equals(List.of("*")) || origins.stream().allMatch(ORIGIN.asMatchPredicate()));
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

  /** A decimal number and its unit, or null. */
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
