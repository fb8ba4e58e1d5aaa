package redisproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide explains every error text of the proxy and every warning that it logs. */
class TroubleshootingTest {
  private static final Pattern TEXT = Pattern.compile("\"([^\"]+)\"");

  /** Finds such texts in the sources: each string literal in the first group. */
  private static final List<Pattern> PLACES =
      List.of(
          Pattern.compile("(\"ERR redis-proxy: [^\"]+\")"),
          Pattern.compile("new Failure\\(\\s*Failure\\.Kind\\.[A-Z]+,([^;]*);"),
          Pattern.compile("UNREACHABLE = (\"Redis [^;]*);"),
          Pattern.compile("at(?:Warn|Error)\\(\\)[\\s\\S]{0,500}?\\.log\\((\"[^\"]+\")"),
          Pattern.compile("LOG\\.(?:warn|error)\\(([^;]*);"),
          Pattern.compile("\\bwarn\\((\"[^\"]+\")"),
          Pattern.compile("(?:REFUSAL|MISTRUST) =\\s*(\"[^;]*);"),
          Pattern.compile("\\bwarn\\((reason, [^;]*);"));

  private static Set<String> said() throws IOException {
    Set<String> texts = new TreeSet<>();
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      for (Path source : sources.filter(each -> each.toString().endsWith(".java")).toList()) {
        // Join a text that is split over two lines.
        String code = Files.readString(source).replaceAll("\"\\s*\\+\\s*\"", "");
        for (Pattern place : PLACES) {
          place.matcher(code).results().forEach(found -> texts.addAll(texts(found.group(1))));
        }
      }
    }
    return texts;
  }

  private static List<String> texts(String code) {
    List<String> texts = new ArrayList<>();
    Matcher literals = TEXT.matcher(code);
    while (literals.find()) {
      String text = literals.group(1).replace("ERR redis-proxy: ", "").strip();
      if (!text.isEmpty()) {
        texts.add(text);
      }
    }
    return texts;
  }

  @Test
  void everyText_isExplained() throws IOException {
    String guide = Files.readString(Path.of("docs/troubleshooting.md"));
    Set<String> said = said();
    assertTrue(said.size() > 20, said.toString());
    assertTrue(said.contains("Redis was lost") && said.contains("slow lookup"), said.toString());
    said.removeIf(guide::contains);
    assertEquals(Set.of(), said);
  }
}
