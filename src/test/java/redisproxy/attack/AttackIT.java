package redisproxy.attack;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttackIT {
  @TempDir Path folder;

  @Test
  void endOfTheProxy_isReported_withWhatWasMeasuredBefore() throws Exception {
    Map<String, Assault> assaults = new LinkedHashMap<>();
    assaults.put("harmless", siege -> "did nothing");
    assaults.put(
        "deadly",
        siege -> {
          siege.target.kill();
          return "killed it";
        });
    assaults.put("late", siege -> "found no proxy");
    Attack attack = new Attack(Map.of(), folder);
    assertFalse(attack.run(assaults, new HashMap<>()));
    String report = Files.readString(folder.resolve("report.md"));
    assertTrue(report.contains("\n| harmless | did nothing | "), report);
    assertTrue(report.contains("\n| deadly | the proxy has ended, see "), report);
    assertFalse(report.contains("late"), report);
  }
}
