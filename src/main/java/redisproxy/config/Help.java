package redisproxy.config;

import java.util.ArrayList;
import java.util.List;

/** The {@link SettingsTable} for people to read. */
public final class Help {
  private Help() {}

  /** The table as text, for {@code --help}: path, variable, default, description. */
  public static String render() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("KEY", "ENVIRONMENT", "DEFAULT", "MEANING"));
    for (Setting<?> row : SettingsTable.rows()) {
      String shown = row.defaultText().isEmpty() ? "(empty)" : row.defaultText();
      lines.add(List.of(row.path(), row.environmentName(), shown, row.description()));
    }
    StringBuilder text = new StringBuilder();
    String format = "%-" + width(lines, 0) + "s  %-" + width(lines, 1) + "s  %-";
    format += width(lines, 2) + "s  %s%n";
    for (List<String> line : lines) {
      text.append(String.format(format, line.toArray()));
    }
    return text.toString();
  }

  private static int width(List<List<String>> lines, int column) {
    return lines.stream().mapToInt(line -> line.get(column).length()).max().orElse(1);
  }
}
