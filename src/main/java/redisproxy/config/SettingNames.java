package redisproxy.config;

/** Checks the names in the settings file that are not the path of a setting. */
final class SettingNames {
  private SettingNames() {}

  /** Whether this name is a section that contains settings. */
  static boolean isSection(String name) {
    return SettingsTable.rows().stream().anyMatch(row -> row.path().startsWith(name + "."));
  }

  /** Returns the fault text for an unknown path. It suggests the path that was probably meant. */
  static String unknown(String path) {
    return Setting.quoted(path).replace("\"", "")
        + ": unknown key, "
        + EditDistance.nearest(path, SettingsTable.rows().stream().map(Setting::path).toList())
            .map(near -> "did you mean " + near + "?")
            .orElse("see --help for all keys");
  }
}
