package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;

/** The packaged jar never shows the secrets that it is given. */
class SecretsIT {
  private static final String REDIS = "redis-s3cret";
  private static final String OWN = "own-s3cret";
  private static final String TOKEN = "token-s3cret";

  @RegisterExtension final Opened opened = new Opened();
  @TempDir Path directory;

  private RunningJar jar;

  @BeforeEach
  void prepare() {
    jar = opened.jar(directory);
  }

  private String file(String name, String secret) throws Exception {
    return Files.writeString(directory.resolve(name), secret + "\n").toString();
  }

  private Map<String, String> secretFiles() throws Exception {
    return new HashMap<>(
        Map.of(
            "REDIS_PASSWORD_FILE", file("redis", REDIS),
            "AUTH_MODE", "own",
            "AUTH_PASSWORD_FILE", file("own", OWN),
            "ADMIN_TOKEN_FILE", file("token", TOKEN)));
  }

  private static void assertShowsNoSecret(String text) {
    assertFalse(text.contains("s3cret"), text);
  }

  @Test
  void secrets_workFromFiles_andNeverShow() throws Exception {
    EmbeddedRedis redis = opened.redis("requirepass " + REDIS);
    Map<String, String> environment = secretFiles();
    environment.put("REDIS_URL", redis.url());
    environment.put("LOG_LEVEL", "trace");
    jar.run(environment, List.of());
    jar.awaitReady();
    StringBuilder said = new StringBuilder();
    try (RespClient client = new RespClient(jar.resp)) {
      said.append(client.call("AUTH", OWN + "-not"));
      said.append(client.call("HELLO", "3", "AUTH", "default", OWN));
      said.append(client.call("SET", "k", "v"));
      said.append(client.call("EVAL", "return redis.call('GET', 'k')", "0"));
      said.append(client.call("AUTH", REDIS));
      said.append(client.call("INFO", "redisproxy"));
      said.append(client.call("CLIENT", "LIST"));
    }
    String basic = "default:" + OWN;
    var read =
        jar.http(
            "/keys/k",
            "authorization",
            "Basic " + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8)));
    assertEquals("v", read.body());
    assertEquals(401, jar.http("/keys/k", "authorization", "Bearer " + TOKEN).statusCode());
    assertEquals(401, jar.admin("/stats", "authorization", "Bearer " + OWN).statusCode());
    for (String path :
        List.of("/stats", "/metrics", "/log/level", "/health/live", "/health/ready", "/none")) {
      var answer = jar.admin(path, "authorization", "Bearer " + TOKEN);
      assertEquals(path.equals("/none") ? 404 : 200, answer.statusCode());
      said.append(answer.headers().map()).append(answer.body());
    }
    jar.terminate();
    assertShowsNoSecret(jar.finished(0));
    assertShowsNoSecret(said.toString());
  }

  @Test
  void startUpErrorsAndHelp_showNoSecret() throws Exception {
    Map<String, String> environment = secretFiles();
    environment.put("AUTH_MODE", "redis");
    environment.put("ADMIN_TOKEN_FILE", file("token", TOKEN + " in two words"));
    environment.put("REDIS_URL", "redis://u:url-s3cret@host:99999");
    jar.run(environment, List.of());
    String faults = jar.finished(1);
    assertTrue(faults.contains("admin.token") && faults.contains("auth.password"), faults);
    assertShowsNoSecret(faults);
    environment.put("ADMIN_TOKEN", TOKEN);
    jar.run(environment, List.of());
    String both = jar.finished(1);
    assertTrue(both.contains("ADMIN_TOKEN is set too"), both);
    assertShowsNoSecret(both);
    jar.run(environment, List.of(), "--help");
    assertShowsNoSecret(jar.finished(0));
  }
}
