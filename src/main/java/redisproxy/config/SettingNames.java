package redisproxy.config;

/** What a name in the file of settings may be, besides a setting's path. */
final class SettingNames {
  private SettingNames() {}

  /** Whether settings stand in the file under this name. */
  static boolean isSection(String name) {
    return SettingsTable.rows().stream().anyMatch(row -> row.path().startsWith(name + "."));
  }

  /** The fault of a path that is no setting's, with the one that was probably meant. */
  static String unknown(String path) {
    return Setting.quoted(path).replace("\"", "")
        + ": unknown key, "
        + EditDistance.nearest(path, SettingsTable.rows().stream().map(Setting::path).toList())
            .map(near -> "did you mean " + near + "?")
            .orElse("see --help for all keys");
  }
}
