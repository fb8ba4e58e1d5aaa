package redisproxy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Settings, and the texts that they were made from, by path. The texts show which settings differ
 * from those read later.
 */
public record Loaded(Settings settings, Map<String, Given> given) {

  /** The settings that may change while the proxy runs. All others need a restart. */
  static final Set<Setting<?>> CHANGEABLE =
      Set.of(
          SettingsTable.HTTP_MAX_CLIENTS,
          SettingsTable.RESP_MAX_CLIENTS,
          SettingsTable.LIMITS.httpPerClient(),
          SettingsTable.LIMITS.httpGlobal(),
          SettingsTable.LIMITS.respPerClient(),
          SettingsTable.LIMITS.respGlobal(),
          SettingsTable.LIMITS.adminPerClient(),
          SettingsTable.LIMITS.failedLoginDelay(),
          SettingsTable.CACHE_CAPACITY,
          SettingsTable.CACHE_MAX_BYTES,
          SettingsTable.CACHE_EXPIRY,
          SettingsTable.CACHE_MISSING_EXPIRY,
          SettingsTable.CACHE_REFRESH_AHEAD,
          SettingsTable.COHERENCE_WHEN_UNVERIFIED,
          SettingsTable.LOG_LEVEL,
          SettingsTable.LOG_SLOW_LOOKUP,
          SettingsTable.LOG_KEYS);

  public Loaded {
    given = Map.copyOf(given);
  }

  /**
   * Returns the paths of the settings whose values differ, in the order of the manual.
   *
   * @throws ConfigurationException when any of these settings needs a restart
   */
  public List<String> changesSince(Loaded before) {
    Faults faults = new Faults();
    List<String> changes = new ArrayList<>();
    for (Setting<?> setting : SettingsTable.rows()) {
      if (!value(setting).equals(before.value(setting))) {
        changes.add(setting.path());
        if (!CHANGEABLE.contains(setting)) {
          Given now = given.get(setting.path());
          String text = now == null ? setting.defaultText() : now.text();
          faults.add(
              now == null ? "defaults" : now.origin(),
              setting.path() + " = " + setting.quote(text) + ": needs a restart");
        }
      }
    }
    faults.throwIfAny();
    return changes;
  }

  private Object value(Setting<?> setting) {
    Given text = given.get(setting.path());
    return text == null ? setting.defaultValue() : setting.parse(text.text());
  }
}
