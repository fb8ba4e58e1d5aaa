package redisproxy.config;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The settings of tracing. */
record TracingRows(Setting<String> endpoint, Setting<Double> samplingRatio) {
  /** Allows no user or password, because logs and errors show the URL. */
  private static final Pattern URL =
      Pattern.compile("https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+])(:[0-9]{1,5})?(/[^\\s?#]*)?");

  private static final Pattern RATIO = Pattern.compile("0|1|0?\\.[0-9]{1,9}|1\\.0{1,9}");

  static TracingRows make() {
    return new TracingRows(
        row(
            "tracing.endpoint",
            "an http or https URL such as http://localhost:4318/v1/traces",
            text -> text,
            text -> text.isEmpty() || URL.matcher(text).matches(),
            "",
            "where spans are sent, OTLP over HTTP; empty = nowhere"),
        row(
            "tracing.sampling-ratio",
            "a number 0..1 such as 0.01",
            text -> RATIO.matcher(text).matches() ? Double.valueOf(text) : null,
            ratio -> ratio >= 0 && ratio <= 1,
            "0.01",
            "share of requests without a traceparent header that is traced"));
  }

  private static <T> Setting<T> row(
      String path,
      String expected,
      Function<String, T> parser,
      Predicate<T> bounds,
      String defaultText,
      String description) {
    ValueType<T> type = new ValueType<>(expected, parser, bounds, text -> text);
    return new Setting<>(path, type, defaultText, description, false);
  }

  /** In the order of the manual. */
  List<Setting<?>> all() {
    return List.of(endpoint, samplingRatio);
  }
}
