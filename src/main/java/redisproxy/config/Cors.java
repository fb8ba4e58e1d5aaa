package redisproxy.config;

import java.util.List;

/**
 * Which web pages may read over HTTP.
 *
 * @param origins theirs; {@code *} = any page; empty = none
 */
public record Cors(List<String> origins) {
  public Cors {
    SettingsTable.HTTP_CORS_ORIGINS.require(origins);
    origins = List.copyOf(origins);
  }

  /** Whether no page may. */
  public boolean isOff() {
    return origins.isEmpty();
  }
}
