package redisproxy.config;

import java.util.List;

/**
 * Which web pages of other origins may read over HTTP.
 *
 * @param origins the origins of these pages; {@code *} = any page; empty = none
 */
public record Cors(List<String> origins) {
  public Cors {
    SettingsTable.HTTP_CORS_ORIGINS.require(origins);
    origins = List.copyOf(origins);
  }

  /** Whether no page of another origin may read. */
  public boolean isOff() {
    return origins.isEmpty();
  }
}
