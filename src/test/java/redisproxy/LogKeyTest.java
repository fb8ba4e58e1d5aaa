package redisproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redisproxy.log.LogKey;

/** All log events take their keys from {@link LogKey}. */
class LogKeyTest {
  private static String sources() throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        text.append(Files.readString(file));
      }
    }
    return text.toString();
  }

  private static List<Field> words() {
    return Arrays.asList(LogKey.class.getFields());
  }

  @Test
  void events_useOnlyLogKeys() throws IOException {
    String sources = sources();
    int all = sources.split("addKeyValue\\(").length;
    int known = sources.split("addKeyValue\\(LogKey\\.").length;
    assertTrue(known > 10, "none found");
    assertEquals(known, all);
  }

  @Test
  void keys_areDistinctAndUsed() throws Exception {
    String sources = sources();
    HashSet<Object> values = new HashSet<>();
    for (Field word : words()) {
      assertTrue(values.add(word.get(null)), word.getName());
      assertTrue(sources.contains("LogKey." + word.getName()), word.getName());
    }
  }
}
