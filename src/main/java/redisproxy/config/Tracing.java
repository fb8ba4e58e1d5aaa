package redisproxy.config;

/**
 * Where spans of requests and loads are sent.
 *
 * @param endpoint OTLP over HTTP; empty = nowhere
 * @param samplingRatio the share of requests without a traceparent header that is traced
 */
public record Tracing(String endpoint, double samplingRatio) {
  public Tracing {
    SettingsTable.TRACING.endpoint().require(endpoint);
    SettingsTable.TRACING.samplingRatio().require(samplingRatio);
  }

  /** Whether spans are sent. */
  public boolean isOn() {
    return !endpoint.isEmpty();
  }
}
