package redisproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import redisproxy.config.Configuration;
import redisproxy.config.Setting;
import redisproxy.config.SettingsTable;

/** The files in deploy/ are valid and agree with the proxy. */
class DeployTest {
  private static final Path KUBERNETES = Path.of("deploy/kubernetes");
  private static final Path DASHBOARD =
      Path.of("deploy/monitoring/grafana/dashboards/redis-proxy.json");
  private static final Path PROFILE = Path.of("deploy/seccomp/io_uring.json");
  private static final Set<String> IO_URING =
      Set.of("io_uring_enter", "io_uring_register", "io_uring_setup");

  /**
   * The SHA-256 of all rules but that of io_uring. Change it only after a comparison with Docker's.
   */
  private static final String BASE =
      "ad2b987760c86c1880e2dc074452bbe3db6bd68a68769653df318746fa5addf0";

  private static List<Map<String, Object>> manifests(String name) throws IOException {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Object each : new Yaml().loadAll(Files.readString(KUBERNETES.resolve(name)))) {
      all.add(map(each));
    }
    return all;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> list(Object value) {
    return (List<Map<String, Object>>) value;
  }

  private static Object at(Map<String, Object> from, String... path) {
    Object value = from;
    for (String step : path) {
      value = map(value).get(step);
    }
    return value;
  }

  private static Map<String, Object> kind(String file, String kind) throws IOException {
    return manifests(file).stream()
        .filter(each -> each.get("kind").equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, Object> container(String file) throws IOException {
    return list(at(kind(file, "Deployment"), "spec", "template", "spec", "containers")).stream()
        .filter(each -> each.get("name").equals("redis-proxy"))
        .findFirst()
        .orElseThrow();
  }

  /** The schemas of the Kubernetes API find unknown fields, missing fields and wrong types. */
  @ParameterizedTest
  @ValueSource(strings = {"redis-proxy.yaml", "sidecar.yaml"})
  void manifests_followTheSchemasOfKubernetes(String file) throws IOException {
    for (Map<String, Object> manifest : manifests(file)) {
      requireValid(manifest);
    }
  }

  @Test
  void manifestWithAnUnknownField_isRefused() throws IOException {
    Map<String, Object> deployment = kind("redis-proxy.yaml", "Deployment");
    map(list(at(deployment, "spec", "template", "spec", "containers")).get(0).get("livenessProbe"))
        .put("periodSecond", 5);
    assertThrows(IllegalArgumentException.class, () -> requireValid(deployment));
  }

  private static void requireValid(Map<String, Object> manifest) throws IOException {
    JsonElement json = new Gson().toJsonTree(manifest);
    switch (manifest.get("apiVersion") + " " + manifest.get("kind")) {
      case "v1 ConfigMap" -> V1ConfigMap.validateJsonElement(json);
      case "v1 Service" -> V1Service.validateJsonElement(json);
      case "apps/v1 Deployment" -> V1Deployment.validateJsonElement(json);
      case "policy/v1 PodDisruptionBudget" -> V1PodDisruptionBudget.validateJsonElement(json);
      default -> fail("no schema for " + manifest);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis-proxy.yaml", "sidecar.yaml"})
  void container_hasFewPrivileges_andItsVariablesAreSettings(String file) throws IOException {
    Map<String, Object> container = container(file);
    assertEquals(false, at(container, "securityContext", "allowPrivilegeEscalation"));
    assertEquals(true, at(container, "securityContext", "readOnlyRootFilesystem"));
    assertEquals(List.of("ALL"), at(container, "securityContext", "capabilities", "drop"));
    assertTrue(at(container, "resources", "limits", "memory") != null);
    assertTrue(container.get("image").toString().endsWith(":" + version()));
    Set<String> known =
        SettingsTable.rows().stream().map(Setting::environmentName).collect(Collectors.toSet());
    for (Map<String, Object> variable : list(container.get("env"))) {
      assertTrue(known.contains(variable.get("name").toString()), variable.toString());
    }
    Map<String, Object> pod = map(at(kind(file, "Deployment"), "spec", "template", "spec"));
    assertEquals(false, pod.get("enableServiceLinks"));
    assertEquals(
        at(kind(file, "Deployment"), "spec", "selector", "matchLabels"),
        at(kind(file, "Deployment"), "spec", "template", "metadata", "labels"));
  }

  private static String version() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    return pom.substring(pom.indexOf("<version>") + 9, pom.indexOf("</version>"));
  }

  @Test
  void image_isLabelledWithTheVersion() throws IOException {
    String image = Files.readString(Path.of("Dockerfile"));
    assertTrue(image.contains("\nARG VERSION=" + version() + "\n"), image);
    for (String label : List.of("title", "description", "licenses", "source", "version")) {
      assertTrue(image.contains("org.opencontainers.image." + label + "="), label);
    }
  }

  @Test
  void ports_areTheDefaults_andProbesUseTheAdminPort() throws IOException {
    var settings = Configuration.parse(Map.of());
    Map<String, Object> container = container("redis-proxy.yaml");
    Map<Object, Object> ports =
        list(container.get("ports")).stream()
            .collect(Collectors.toMap(port -> port.get("name"), port -> port.get("containerPort")));
    assertEquals(
        Map.of(
            "http", settings.http().port(),
            "resp", settings.resp().port(),
            "admin", settings.admin().port()),
        ports);
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      assertEquals("admin", at(container, probe, "httpGet", "port"));
      String path = at(container, probe, "httpGet", "path").toString();
      assertEquals(probe.equals("readinessProbe") ? "/health/ready" : "/health/live", path);
    }
    for (Map<String, Object> port :
        list(at(kind("redis-proxy.yaml", "Service"), "spec", "ports"))) {
      assertTrue(Set.of("http", "resp").contains(port.get("targetPort")), port.toString());
    }
    Object labels =
        at(kind("redis-proxy.yaml", "Deployment"), "spec", "template", "metadata", "labels");
    assertEquals(labels, at(kind("redis-proxy.yaml", "Service"), "spec", "selector"));
    assertEquals(
        labels,
        at(kind("redis-proxy.yaml", "PodDisruptionBudget"), "spec", "selector", "matchLabels"));
  }

  /** For example, an admin port beyond loopback needs a token. */
  @ParameterizedTest
  @ValueSource(strings = {"redis-proxy.yaml", "sidecar.yaml"})
  void variables_areValidTogether(String file) throws IOException {
    Map<String, String> paths =
        SettingsTable.rows().stream()
            .collect(Collectors.toMap(Setting::environmentName, Setting::path));
    Map<String, String> given = new HashMap<>();
    for (Map<String, Object> variable : list(container(file).get("env"))) {
      String path = paths.get(variable.get("name").toString());
      given.put(path, variable.getOrDefault("value", "from-a-Secret").toString());
    }
    assertFalse(given.isEmpty());
    Configuration.parse(given);
  }

  /** With a fault in them the pods would not start. */
  @Test
  void settingsInTheConfigMap_areValid() throws IOException {
    Map<String, Object> data = map(kind("redis-proxy.yaml", "ConfigMap").get("data"));
    Map<String, String> given = new HashMap<>();
    Map<String, Object> sections = new Yaml().load(data.get("redis-proxy.yaml").toString());
    sections.forEach(
        (section, settings) ->
            map(settings).forEach((name, value) -> given.put(section + "." + name, "" + value)));
    assertEquals(3, given.size());
    assertEquals("redis", Configuration.parse(given).redis().endpoint().host());
  }

  @Test
  void gracePeriods_areLongerThanTheProxyTakesToStop() throws IOException {
    String unit = Files.readString(Path.of("deploy/systemd/redis-proxy.service"));
    assertTrue(unit.contains("\nTimeoutStopSec=15\n") && unit.contains("kill -HUP $MAINPID"));
    assertFalse(unit.contains("\nMemoryDenyWriteExecute"));
    Object grace =
        at(
            kind("redis-proxy.yaml", "Deployment"),
            "spec",
            "template",
            "spec",
            "terminationGracePeriodSeconds");
    assertTrue((int) grace >= 15 + 5);
  }

  @Test
  void profile_allowsIoUring_inOneSeparateRule_andOtherRulesAreUnchanged() throws Exception {
    JsonObject profile = profile();
    assertEquals("SCMP_ACT_ERRNO", profile.get("defaultAction").getAsString());
    JsonArray base = new JsonArray();
    int own = 0;
    for (JsonElement each : profile.getAsJsonArray("syscalls")) {
      Set<String> names = names(each.getAsJsonObject());
      if (names.equals(IO_URING)) {
        own++;
        assertEquals("SCMP_ACT_ALLOW", each.getAsJsonObject().get("action").getAsString());
        assertFalse(each.getAsJsonObject().has("args"));
      } else {
        assertTrue(names.stream().noneMatch(IO_URING::contains), names.toString());
        base.add(each);
      }
    }
    assertEquals(1, own);
    assertEquals(BASE, sha256(base.toString()));
  }

  /** Containerd does not know such conditions: it would allow the calls without them. */
  @Test
  void profile_hasNoDockerOnlyConditions() throws IOException {
    Set<String> known = Set.of("names", "action", "args", "errnoRet");
    for (JsonElement rule : profile().getAsJsonArray("syscalls")) {
      assertTrue(known.containsAll(rule.getAsJsonObject().keySet()), rule.toString());
    }
    assertEquals(Set.of("defaultAction", "defaultErrnoRet", "syscalls"), profile().keySet());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bpf", "init_module", "kexec_load", "keyctl", "mount", "open_by_handle_at",
            "perf_event_open",
        "pivot_root", "process_vm_readv", "ptrace", "setns", "umount2", "unshare", "userfaultfd"
      })
  void profile_deniesWhatTheProxyNeverNeeds(String call) throws IOException {
    for (JsonElement rule : profile().getAsJsonArray("syscalls")) {
      assertFalse(names(rule.getAsJsonObject()).contains(call), rule.toString());
    }
  }

  @Test
  void compose_usesTheProfile_onlyWithTheSecondFile() throws IOException {
    String plain = Files.readString(Path.of("docker-compose.yml"));
    assertFalse(plain.contains("seccomp"));
    Map<String, Object> services = map(new Yaml().<Map<String, Object>>load(plain).get("services"));
    Map<String, Object> added =
        new Yaml().load(Files.readString(PROFILE.resolveSibling("compose.yaml")));
    assertEquals(Set.of("services"), added.keySet());
    assertEquals(Set.of("proxy"), map(added.get("services")).keySet());
    assertTrue(services.containsKey("proxy"));
    // Relative to the first file's folder.
    assertEquals(List.of("seccomp=" + PROFILE), at(added, "services", "proxy", "security_opt"));
    assertTrue(Files.exists(PROFILE));
  }

  @Test
  void patchForIoUring_changesOnlyTheSeccompProfile() throws IOException {
    Map<String, Object> patch = manifests("io_uring.yaml").get(0);
    Map<String, Object> patched = kind("redis-proxy.yaml", "Deployment");
    Map<String, Object> before = map(at(patched, "spec", "template", "spec", "securityContext"));
    assertEquals(Map.of("type", "RuntimeDefault"), before.remove("seccompProfile"));
    merge(patched, patch);
    requireValid(patched);
    Map<String, Object> after = map(at(patched, "spec", "template", "spec", "securityContext"));
    assertEquals(
        Map.of("type", "Localhost", "localhostProfile", "redis-proxy/" + PROFILE.getFileName()),
        after.remove("seccompProfile"));
    Map<String, Object> plain = kind("redis-proxy.yaml", "Deployment");
    map(at(plain, "spec", "template", "spec", "securityContext")).remove("seccompProfile");
    assertEquals(plain, patched);
  }

  /** Merges objects as kubectl does. The patch has no lists. */
  private static void merge(Map<String, Object> into, Map<String, Object> patch) {
    patch.forEach(
        (key, value) -> {
          if (value instanceof Map && into.get(key) instanceof Map) {
            merge(map(into.get(key)), map(value));
          } else {
            into.put(key, value);
          }
        });
  }

  @Test
  void unit_allowsIoUring_andLocksEnoughMemoryForItsRings() throws IOException {
    String unit = Files.readString(Path.of("deploy/systemd/redis-proxy.service"));
    assertTrue(unit.contains("\nSystemCallFilter=@system-service\n"));
    assertTrue(unit.contains("\nLimitMEMLOCK=8M\n"));
  }

  @Test
  void everySeriesOfTheDashboard_hasTheUnitOfItsExpression() throws IOException {
    for (JsonElement each : json(DASHBOARD).getAsJsonArray("panels")) {
      JsonObject panel = each.getAsJsonObject();
      for (JsonElement target : panel.getAsJsonArray("targets")) {
        String unit = unit(panel.getAsJsonObject("fieldConfig"), target.getAsJsonObject());
        Set<String> right = units(target.getAsJsonObject());
        assertTrue(right.contains(unit), panel.get("title") + ": " + unit + " of " + target);
      }
    }
  }

  private static String unit(JsonObject config, JsonObject target) {
    String unit = config.getAsJsonObject("defaults").get("unit").getAsString();
    for (JsonElement each : config.getAsJsonArray("overrides")) {
      JsonObject matcher = each.getAsJsonObject().getAsJsonObject("matcher");
      assertEquals("byFrameRefID", matcher.get("id").getAsString());
      for (JsonElement property : each.getAsJsonObject().getAsJsonArray("properties")) {
        if (matcher.get("options").equals(target.get("refId"))
            && property.getAsJsonObject().get("id").getAsString().equals("unit")) {
          unit = property.getAsJsonObject().get("value").getAsString();
        }
      }
    }
    return unit;
  }

  private static Set<String> units(JsonObject target) {
    String expression = target.get("expr").getAsString();
    if (expression.contains(" / ")) {
      return Set.of("percentunit");
    } else if (expression.contains("_seconds")) {
      return Set.of("s");
    } else if (expression.contains("_bytes")) {
      return Set.of("bytes");
    } else if (!expression.contains("rate(")) {
      return Set.of("short");
    }
    return target.get("legendFormat").getAsString().endsWith(" per second")
        ? Set.of("ops", "reqps", "short")
        : Set.of("ops", "reqps");
  }

  private static JsonObject profile() throws IOException {
    return json(PROFILE);
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }

  private static Set<String> names(JsonObject rule) {
    Set<String> names = new HashSet<>();
    rule.getAsJsonArray("names").forEach(name -> names.add(name.getAsString()));
    return names;
  }

  private static String sha256(String text) throws NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
