package redisproxy.metrics;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * One meter: a row of the table of all that is measured.
 *
 * @param name as Prometheus shows it; of a histogram, without the suffixes of its series
 * @param unit in words, or empty where it only counts
 * @param label what tells its series apart, or empty where there is one only
 * @param series one for each value of the label; all are there from the start
 * @param <R> what is read at each scrape
 */
public record Meter<R>(
    String name, Type type, String unit, String help, String label, List<Series<R>> series) {

  /** What Prometheus is to make of it. */
  public enum Type {
    /** Only grows; its name ends in {@code _total}. */
    COUNTER,
    GAUGE,
    /** Its source is a {@link Histogram}. */
    HISTOGRAM
  }

  /**
   * The part of a meter with one value of its label.
   *
   * @param value of the label; empty where there is none
   * @param source where its number, or its histogram, stands
   */
  public record Series<R>(String value, Function<R, Object> source) {}

  /** How it stands in the manual. */
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
