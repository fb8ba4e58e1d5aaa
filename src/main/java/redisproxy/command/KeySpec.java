package redisproxy.command;

import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Where a command has some of its keys (https://redis.io/docs/latest/develop/reference/key-specs/).
 *
 * @param flags what the command does with these keys, in the server's words
 * @param begin where to start
 * @param find which arguments are keys from there on
 */
public record KeySpec(Set<String> flags, Begin begin, Find find) {
  private static final int NOWHERE = -1;

  /** Where to start. */
  public sealed interface Begin {}

  /** At a fixed argument. */
  public record Index(int argument) implements Begin {}

  /**
   * Behind a word.
   *
   * @param word in lower case
   * @param from the argument that the search begins at; a negative one counts from the end, and the
   *     search goes backwards
   */
  public record Keyword(String word, int from) implements Begin {}

  /**
   * Behind the last option of this name.
   *
   * @param word in lower case
   * @param from the first option
   * @param values how many arguments other options have, by their names in lower case; the rest
   *     have none
   */
  public record Option(String word, int from, Map<String, Integer> values) implements Begin {}

  /** Which arguments are keys from there on. */
  public sealed interface Find {}

  /**
   * A range.
   *
   * @param last the last key, counted from the first; a negative one counts from the end
   * @param step from one key to the next
   * @param limit 2 if the keys end after half of the arguments, 3 for a third, 0 or 1 for none
   */
  public record Range(int last, int step, int limit) implements Find {
    /** Checks the step, lest the search has no end. */
    public Range {
      checkStep(step);
    }
  }

  /**
   * As many as one argument says.
   *
   * @param argument the one that says it, counted from the start
   * @param first the first key, counted from the start
   * @param step from one key to the next
   */
  public record Count(int argument, int first, int step) implements Find {
    /** Checks the step, lest the search has no end. */
    public Count {
      checkStep(step);
    }
  }

  private static void checkStep(int step) {
    if (step < 1) {
      throw new IllegalArgumentException("a step of " + step + " from key to key");
    }
  }

  /** The server does not tell. */
  public record Unknown() implements Begin, Find {}

  /** Whether the command leaves these keys as they are. */
  boolean isRead() {
    return flags.contains("RO");
  }

  /** Whether these are no keys, but shard channels. */
  boolean isNoKey() {
    return flags.contains("not_key");
  }

  private boolean isIncomplete() {
    return flags.contains("incomplete");
  }

  /** Whether it is one key that does not move. */
  boolean isFixed() {
    return begin instanceof Index
        && find instanceof Range range
        && range.last == 0
        && !isIncomplete();
  }

  /** Whether other arguments tell where these keys are. */
  boolean isMovable() {
    return !(begin instanceof Index) || !(find instanceof Range);
  }

  /** The argument to start at. */
  int first(Request request) {
    if (begin instanceof Index index) {
      return index.argument;
    }
    if (begin instanceof Keyword keyword) {
      return behind(request, keyword);
    }
    return begin instanceof Option option ? behind(request, option) : NOWHERE;
  }

  /**
   * Passes on which arguments are keys, as far as they are there.
   *
   * @return whether these are all
   */
  boolean find(Request request, IntConsumer keys) {
    int first = first(request);
    if (first == NOWHERE) {
      // An option that is not there.
      return !(begin instanceof Unknown);
    }
    if (find instanceof Range range) {
      each(request, first, last(request, first, range), range.step, keys);
      return !isIncomplete() && !isTwice(request, first);
    }
    return find instanceof Count count && counted(request, first, count, keys);
  }

  /** Redis refuses a request that has fewer arguments than it says. */
  private static boolean counted(Request request, int start, Count count, IntConsumer keys) {
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

  private static int behind(Request request, Keyword keyword) {
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

  /** The first is what a keyword finds; of an option that is given twice Redis takes the last. */
  private boolean isTwice(Request request, int first) {
    return begin instanceof Keyword keyword
        && !isRead()
        && behind(request, new Keyword(keyword.word, first + 1)) != NOWHERE;
  }

  private static int behind(Request request, Option option) {
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
