package redisproxy.command;

import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Where some of a command's keys are (https://redis.io/docs/latest/develop/reference/key-specs/).
 *
 * @param flags what the command does with these keys, as the server names it
 * @param begin the argument at which to start
 * @param find which arguments are keys, counted from the start
 */
public record KeySpec(Set<String> flags, Begin begin, Find find) {
  private static final int NOWHERE = -1;

  /** The argument at which to start. */
  public sealed interface Begin {}

  /** Starts at a fixed argument. */
  public record Index(int argument) implements Begin {}

  /**
   * Starts after a keyword.
   *
   * @param word the keyword in lower case
   * @param from the argument at which the search begins; a negative number counts from the end, and
   *     then the search goes backwards
   */
  public record Keyword(String word, int from) implements Begin {}

  /**
   * Starts after the last option of this name.
   *
   * @param word the option's name in lower case
   * @param from the argument of the first option
   * @param values how many values other options have, by their names in lower case; options that
   *     are not listed have none
   */
  public record Option(String word, int from, Map<String, Integer> values) implements Begin {}

  /** Which arguments are keys, counted from the start. */
  public sealed interface Find {}

  /**
   * A range of arguments.
   *
   * @param last the last key, counted from the first; a negative number counts from the end
   * @param step the distance from one key to the next
   * @param limit 2 if the keys end after half of the remaining arguments, 3 after a third; 0 or 1
   *     if there is no limit
   */
  public record Range(int last, int step, int limit) implements Find {
    /** Checks the step: with a step below 1 the search would not end. */
    public Range {
      checkStep(step);
    }
  }

  /**
   * As many keys as an argument says.
   *
   * @param argument the argument with the number of keys, counted from the start
   * @param first the first key, counted from the start
   * @param step the distance from one key to the next
   */
  public record Count(int argument, int first, int step) implements Find {
    /** Checks the step: with a step below 1 the search would not end. */
    public Count {
      checkStep(step);
    }
  }

  private static void checkStep(int step) {
    if (step < 1) {
      throw new IllegalArgumentException("a step of " + step + " from key to key");
    }
  }

  /** The server does not say where the keys are. */
  public record Unknown() implements Begin, Find {}

  /** Whether the command only reads these keys. */
  boolean isRead() {
    return flags.contains("RO");
  }

  /** Whether these arguments are not keys but shard channels. */
  boolean isNotKey() {
    return flags.contains("not_key");
  }

  private boolean isIncomplete() {
    return flags.contains("incomplete");
  }

  /** Whether this is a single key at a fixed argument. */
  boolean isFixed() {
    return begin instanceof Index
        && find instanceof Range range
        && range.last == 0
        && !isIncomplete();
  }

  /** Whether the position of these keys depends on other arguments. */
  boolean isMovable() {
    return !(begin instanceof Index) || !(find instanceof Range);
  }

  /** Returns the argument at which to start, or -1 if there is none. */
  int first(Request request) {
    if (begin instanceof Index index) {
      return index.argument;
    }
    if (begin instanceof Keyword keyword) {
      return after(request, keyword);
    }
    return begin instanceof Option option ? after(request, option) : NOWHERE;
  }

  /**
   * Passes the index of each argument that is a key to the consumer. Skips arguments that the
   * request does not have.
   *
   * @return whether all keys were found
   */
  boolean find(Request request, IntConsumer keys) {
    int first = first(request);
    if (first == NOWHERE) {
      // The request does not have this option, so it has no keys there.
      return !(begin instanceof Unknown);
    }
    if (find instanceof Range range) {
      each(request, first, last(request, first, range), range.step, keys);
      return !isIncomplete() && !isGivenTwice(request, first);
    }
    return find instanceof Count count && findCounted(request, first, count, keys);
  }

  /** Finds no keys if the request has fewer than it announces: Redis refuses such a request. */
  private static boolean findCounted(Request request, int start, Count count, IntConsumer keys) {
    long number =
        start + count.argument < request.count() ? request.number(start + count.argument) : -1;
    long first = (long) start + count.first;
    long last = first + (number - 1) * count.step;
    if (number < 0 || number > request.count() || last >= request.count()) {
      return false;
    }
    each(request, (int) first, (int) last, count.step, keys);
    return true;
  }

  private static void each(Request request, int first, int last, int step, IntConsumer keys) {
    for (int i = first; i <= last && i < request.count(); i += step) {
      keys.accept(i);
    }
  }

  private static int last(Request request, int first, Range range) {
    if (range.last >= 0) {
      return first + range.last;
    }
    return range.limit > 1
        ? first + (request.count() - first) / range.limit + range.last
        : request.count() + range.last;
  }

  private static int after(Request request, Keyword keyword) {
    int step = keyword.from < 0 ? -1 : 1;
    int i = keyword.from < 0 ? request.count() + keyword.from : keyword.from;
    while (i > 0 && i < request.count()) {
      if (request.is(i, keyword.word)) {
        return i + 1;
      }
      i += step;
    }
    return NOWHERE;
  }

  /**
   * Whether a request gives a writing keyword twice. The search finds the first one, but Redis uses
   * the last one.
   */
  private boolean isGivenTwice(Request request, int first) {
    return begin instanceof Keyword keyword
        && !isRead()
        && after(request, new Keyword(keyword.word, first + 1)) != NOWHERE;
  }

  private static int after(Request request, Option option) {
    int found = NOWHERE;
    for (int i = option.from; i < request.count(); i++) {
      if (request.is(i, option.word)) {
        found = ++i;
      } else {
        i += values(request, i, option);
      }
    }
    return found;
  }

  private static int values(Request request, int argument, Option option) {
    for (Map.Entry<String, Integer> other : option.values.entrySet()) {
      if (request.is(argument, other.getKey())) {
        return other.getValue();
      }
    }
    return 0;
  }
}
