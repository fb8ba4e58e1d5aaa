package redisproxy.metrics;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * One meter: a row in the table of all metrics.
 *
 * @param name as Prometheus shows it; for a histogram, without the suffixes of its series
 * @param unit the unit as a word, or empty if it only counts
 * @param label the label that distinguishes its series, or empty if there is only one
 * @param series one for each value of the label; all exist from the start
 * @param <R> the type of the snapshot read at each scrape
 */
public record Meter<R>(
    String name, Type type, String unit, String help, String label, List<Series<R>> series) {

  /** Its type in Prometheus. */
  public enum Type {
    /** It only grows; its name ends in {@code _total}. */
    COUNTER,
    GAUGE,
    /** Its source is a {@link Histogram}. */
    HISTOGRAM
  }

  /**
   * The part of a meter with one value of its label.
   *
   * @param value the value of the label; empty if there is no label
   * @param source returns its number, or its histogram
   */
  public record Series<R>(String value, Function<R, Object> source) {}

  /** Its row in the manual's table. */
  public String row() {
    return "| `%s`%s | %s | %s | %s |"
        .formatted(
            name,
            label.isEmpty() ? "" : " `" + label + "`",
            type.name().toLowerCase(Locale.ROOT),
            unit,
            help);
  }
}
