package redisproxy.config;

/**
 * Where spans of requests and loads are sent.
 *
 * @param endpoint OTLP over HTTP; empty = nowhere
 * @param samplingRatio of the requests that do not say themselves whether they are to be traced
 */
public record Tracing(String endpoint, double samplingRatio) {
  public Tracing {
    SettingsTable.TRACING.endpoint().require(endpoint);
    SettingsTable.TRACING.samplingRatio().require(samplingRatio);
  }

  /** Whether any are sent. */
  public boolean isOn() {
    return !endpoint.isEmpty();
  }
}
