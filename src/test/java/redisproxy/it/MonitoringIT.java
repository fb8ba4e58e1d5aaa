package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The alerts and the Grafana dashboard use only metrics that the proxy really has. */
class MonitoringIT {
  private static final Path MONITORING = Path.of("deploy/monitoring");
  private static final Pattern METER = Pattern.compile("\\b(?:redisproxy|jvm)_[a-z_]+");
  private static final Pattern LABEL =
      Pattern.compile("\\b((?:redisproxy|jvm)_[a-z_]+)\\{(\\w+)=\"(\\w+)\"");
  private static final Pattern BY =
      Pattern.compile("by \\(([a-z, ]+)\\) \\([^{]*?(redisproxy_\\w+)");

  private static String scrape() {
    try (RunningProxy proxy =
        RunningProxy.start(Shape.values()[0], "redis://127.0.0.1:1/0", "http.port", "0")) {
      return proxy.admin("/metrics").body();
    }
  }

  @SuppressWarnings("unchecked")
  private static List<String> alerts() throws IOException {
    Map<String, Object> file = new Yaml().load(Files.readString(MONITORING.resolve("alerts.yaml")));
    List<String> expressions = new ArrayList<>();
    for (Map<String, Object> group : (List<Map<String, Object>>) file.get("groups")) {
      for (Map<String, Object> rule : (List<Map<String, Object>>) group.get("rules")) {
        assertTrue(rule.get("alert").toString().startsWith("RedisProxy"), rule.toString());
        expressions.add(rule.get("expr").toString());
      }
    }
    return expressions;
  }

  private static List<String> dashboard() throws IOException {
    JsonObject dashboard =
        new JsonObject(Files.readString(MONITORING.resolve("grafana/dashboards/redis-proxy.json")));
    List<String> expressions = new ArrayList<>();
    for (Object panel : dashboard.getJsonArray("panels")) {
      JsonArray targets = ((JsonObject) panel).getJsonArray("targets");
      targets.forEach(target -> expressions.add(((JsonObject) target).getString("expr")));
    }
    return expressions;
  }

  @Test
  void everyMeterInUse_exists() throws IOException {
    String scrape = scrape();
    Set<String> shown =
        scrape
            .lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.split("[{ ]")[0])
            .collect(Collectors.toSet());
    List<String> expressions = alerts();
    assertTrue(expressions.size() > 5, "alerts");
    expressions.addAll(dashboard());
    assertTrue(expressions.size() > 40, "expressions");
    Set<String> unknown = new TreeSet<>();
    for (String expression : expressions) {
      Matcher meters = METER.matcher(expression);
      while (meters.find()) {
        if (!shown.contains(meters.group())) {
          unknown.add(meters.group());
        }
      }
      checkLabels(expression, scrape, unknown);
    }
    assertEquals(Set.of(), unknown);
  }

  /** Checks the labels in selectors, with their values, and those in "by" clauses. */
  private static void checkLabels(String expression, String scrape, Set<String> unknown) {
    Matcher selected = LABEL.matcher(expression);
    while (selected.find()) {
      String pair = selected.group(2) + "=\"" + selected.group(3) + "\"";
      if (!hasSeries(scrape, selected.group(1), pair)) {
        unknown.add(selected.group(1) + " " + pair);
      }
    }
    Matcher summed = BY.matcher(expression);
    while (summed.find()) {
      for (String label : summed.group(1).split(", *")) {
        // Prometheus itself adds the label instance.
        if (!label.equals("instance") && !hasSeries(scrape, summed.group(2), label + "=")) {
          unknown.add(summed.group(2) + " by " + label);
        }
      }
    }
  }

  private static boolean hasSeries(String scrape, String meter, String text) {
    return scrape.lines().anyMatch(line -> line.startsWith(meter + "{") && line.contains(text));
  }

  @Test
  void guide_explainsEveryAlert() throws IOException {
    String guide = Files.readString(Path.of("docs/operating.md"));
    Matcher names =
        Pattern.compile("alert: (\\w+)")
            .matcher(Files.readString(MONITORING.resolve("alerts.yaml")));
    Set<String> missing = new TreeSet<>();
    while (names.find()) {
      if (!guide.contains("| `" + names.group(1) + "` |")) {
        missing.add(names.group(1));
      }
    }
    assertEquals(Set.of(), missing);
  }
}
