package redisproxy.soak;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares samples: the median of the first third after the warm-up with the median of the last
 * third.
 */
final class Verdict {
  /** The share of the samples, from the beginning, that is the warm-up. */
  private static final double WARM_UP = 0.15;

  private final Map<Quantity, double[]> thirds = new EnumMap<>(Quantity.class);

  /** Judges samples in the order in which they were taken. NaN means not sampled at that time. */
  Verdict(List<Map<Quantity, Double>> samples) {
    List<Map<Quantity, Double>> warm =
        samples.subList((int) (samples.size() * WARM_UP), samples.size());
    int third = warm.size() / 3;
    for (Quantity quantity : Quantity.values()) {
      double first = median(warm.subList(0, third), quantity);
      double last = median(warm.subList(warm.size() - third, warm.size()), quantity);
      thirds.put(quantity, new double[] {first, last});
    }
  }

  private static double median(List<Map<Quantity, Double>> samples, Quantity quantity) {
    double[] sorted =
        samples.stream()
            .mapToDouble(sample -> sample.getOrDefault(quantity, Double.NaN))
            .filter(value -> !Double.isNaN(value))
            .sorted()
            .toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  /** Whether each quantity was sampled in both thirds, and none has grown too much. */
  boolean isGood() {
    return thirds.keySet().stream().allMatch(this::isGood);
  }

  private boolean isGood(Quantity quantity) {
    double first = thirds.get(quantity)[0];
    double last = thirds.get(quantity)[1];
    return !Double.isNaN(first) && !Double.isNaN(last) && !quantity.hasGrown(first, last);
  }

  String table() {
    StringBuilder table =
        new StringBuilder("| | first third | last third | change | |\n|---|---:|---:|---:|---|\n");
    thirds.forEach(
        (quantity, values) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "| %s | %.1f | %.1f | %+.1f | %s |%n",
                    quantity.what,
                    values[0],
                    values[1],
                    values[1] - values[0],
                    !quantity.isJudged() ? "" : isGood(quantity) ? "good" : "GROWS")));
    return table.toString();
  }
}
