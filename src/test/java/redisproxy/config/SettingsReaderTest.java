package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
  private static final Machine MACHINE = new Machine(8, 1000L << 20);

  @Test
  void defaults_areTheDocumentedOnes() {
    Settings expected =
        new Settings(
            8,
            TransportKind.AUTO,
            new Settings.Http(
                true, "localhost", 8000, 7, 10000, 1000, Duration.ofSeconds(60), false),
            new Cors(List.of()),
            new Settings.Resp(
                true,
                "localhost",
                8001,
                7,
                10000,
                Duration.ZERO,
                1 << 20,
                512,
                1 << 20,
                true,
                true),
            new Settings.Admin(true, "localhost", 8002, null),
            new Dashboard(true, false, false),
            new Settings.Cache(
                10000,
                256L << 20,
                1 << 20,
                List.of("default"),
                Duration.ofSeconds(60),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                ""),
            new Settings.Redis(
                new Settings.Endpoint("localhost", 6379, 0, false),
                null,
                null,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                1000,
                64,
                new Tls.Client(null, null, null, true)),
            new Settings.Auth(Settings.Auth.Mode.REDIS, "default", null),
            new Limits(
                new Limits.Rate(0, 0),
                new Limits.Rate(0, 0),
                new Limits.Rate(20, 0),
                Duration.ofMillis(50)),
            new Settings.Coherence(
                Settings.Coherence.Mode.TRACKING,
                Settings.Coherence.WhenUnverified.SERVE,
                Duration.ofSeconds(1),
                List.of()),
            new Tls(
                new Tls.Server(null, null, null),
                new Tls.Server(null, null, null),
                new Tls.Server(null, null, null)),
            new Log(Log.Level.INFO, Log.Format.TEXT, Duration.ZERO, false),
            new Tracing("", 0.01));
    assertEquals(expected, Configuration.parse(Map.of(), MACHINE));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 1, 1", "3, 3, 2", "64, 64, 63"})
  void auto_followsTheProcessors(int processors, int eventLoops, int instances) {
    Settings settings = Configuration.parse(Map.of(), new Machine(processors, 1L << 30));
    assertEquals(eventLoops, settings.eventLoops());
    assertEquals(instances, settings.http().instances());
    assertEquals(instances, settings.resp().instances());
  }

  @Test
  void autoInstances_followTheEventLoopsGiven() {
    Settings settings = parse("event-loops", "2", "resp.instances", "5");
    assertEquals(1, settings.http().instances());
    assertEquals(5, settings.resp().instances());
  }

  @ParameterizedTest
  @CsvSource({"100, 40", "600, 240", "1000, 256"})
  void autoCacheBytes_followTheHeap(long heapMib, long cacheMib) {
    Machine machine = new Machine(2, heapMib << 20);
    assertEquals(cacheMib, Configuration.parse(Map.of(), machine).cache().maxBytes() >> 20);
    Machine unlimited = new Machine(2, Long.MAX_VALUE);
    assertEquals(256L << 20, Configuration.parse(Map.of(), unlimited).cache().maxBytes());
  }

  /** Both ends of every range, and a value beyond each end. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          event-loops                  | 1      | 1024       | 0     | 1025
          http.port                    | 0      | 65535      | -1    | 65536
          http.instances               | 1      | 1024       | 0     | 1025
          http.max-clients             | 1      | 2147483647 | 0     | 2147483648
          http.max-concurrent-requests | 1      | 2147483647 | 0     | 2147483648
          http.idle-timeout            | 0      | 24d        | -1    | 25d
          http.max-age                 | 0      | remaining  | 60s   | 1
          resp.enabled                 | true   | false      | yes   | 0
          resp.port                    | 0      | 65535      | 08001 | 65536
          resp.instances               | 1      | auto       | 0     | 1025
          resp.max-clients             | 1      | 2147483647 | 0     | many
          resp.idle-timeout            | 0s     | 24d        | -1    | 25d
          resp.max-request-bytes       | 16KiB  | 512MiB     | 16383 | 536870913
          resp.max-pipeline            | 1      | 65536      | 0     | 65537
          resp.max-pending-bytes       | 64KiB  | 1GiB       | 65535 | 2GiB
          admin.port                   | 0      | 65535      | 1.0   | 65536
          cache.capacity               | 1      | 2147483647 | 0     | 2147483648
          cache.max-bytes              | 1MiB   | 800MiB     | 0     | 801MiB
          cache.max-value-bytes        | 0      | 64MiB      | -1    | 67108865
          cache.expiry                 | 1ms    | 365d       | 0     | 366d
          cache.missing-expiry         | 0      | 365d       | -1    | 366d
          cache.refresh-ahead          | 0      | 365d       | -1    | 366d
          cache.touch-interval         | 0      | 1d         | 999   | 25h
          redis.connect-timeout        | 1      | 1h         | 0     | 61m
          redis.load-timeout           | 1      | 1h         | 0s    | 61m
          redis.backoff-max            | 1      | 1h         | 0     | 61m
          redis.max-loads              | 1      | 100000     | 0     | 100001
          auth.mode                    | redis  | redis      | none  | both
          coherence.mode               | tracking | expiry   | off   | ''
          coherence.when-unverified    | serve  | bypass     | drop  | true
          coherence.heartbeat          | 10     | 1h         | 9     | 61m
          coherence.prefixes           | ''     | a:, b:     | ','   | a:,,b:
          log.level                    | error  | trace      | fatal | off
          log.format                   | text   | json       | xml   | ''
          """,
      delimiter = '|')
  void bounds(String path, String least, String most, String below, String above) {
    assertDoesNotThrow(() -> parse(path, least));
    assertDoesNotThrow(() -> parse(path, most));
    for (String bad : List.of(below, above)) {
      List<String> faults = faults(path, bad);
      assertEquals(1, faults.size(), faults::toString);
      assertTrue(faults.get(0).startsWith("test: " + path + " = \"" + bad + "\": "));
    }
  }

  @Test
  void textThatASettingDoesNotTake_isRefused() {
    List<String> free = new ArrayList<>();
    for (Setting<?> setting : SettingsTable.rows()) {
      String wrong = "\1 wrong";
      try {
        setting.parse(wrong);
        free.add(setting.path());
      } catch (IllegalArgumentException e) {
        Map<String, String> given = Map.of(setting.path(), wrong);
        List<String> faults =
            assertThrows(
                    ConfigurationException.class, () -> Configuration.parse(given), setting.path())
                .faults();
        assertTrue(faults.get(0).contains(setting.path() + " = "), faults::toString);
      }
    }
    assertTrue(free.size() < SettingsTable.rows().size() / 4, free::toString);
  }

  @Test
  void faults_areReportedAllAtOnce() {
    assertEquals(
        List.of(
            "test: http.prot: unknown key, did you mean http.port?",
            "test: event-loops = \"none\": expected auto or a decimal number 1..1024",
            "test: http.port = \"80000\": expected a decimal number 0..65535",
            "test: resp.idle-timeout = \"1w\": expected a duration 0..24d such as 500ms, 60s, 5m,"
                + " 1h or 1d (bare: milliseconds)",
            "test: cache.max-bytes = \"2GiB\": more than 80 % of the heap (1000MiB):"
                + " lower it to at most 800MiB or raise -Xmx",
            "test: redis.url = \"redis://***@h\": user or password is not percent-encoded UTF-8"
                + " (write % itself as %25); expected "
                + RedisUrl.FORM,
            "test: log.level = \"loud\": expected error or warn or info or debug or trace"),
        faults(
            "http.prot", "8000",
            "event-loops", "none",
            "http.port", "80000",
            "resp.idle-timeout", "1w",
            "cache.max-bytes", "2GiB",
            "redis.url", "redis://u:p%@h",
            "log.level", "loud"));
  }

  @Test
  void quotedValue_staysOnOneShortLine() {
    String fault = faults("http.port", "1\n\u202e\u001b[31m" + "x".repeat(500)).get(0);
    assertTrue(fault.startsWith("test: http.port = \"1\\u000a\\u202e\\u001b[31mxxx"), fault);
    assertTrue(fault.length() < 250, fault);
  }

  @Test
  void contradictions_areRefused() {
    assertEquals(
        List.of("test: http.enabled and resp.enabled are both false: enable at least one"),
        faults("http.enabled", "false", "resp.enabled", "false"));
    assertEquals(
        List.of(
            "test: http.port and resp.port are both 9000 on the same host: give one of them another"
                + " port",
            "test: resp.port and admin.port are both 9000 on the same host: give one of them"
                + " another port"),
        faults(
            "http.port", "9000",
            "resp.port", "9000",
            "resp.host", "0.0.0.0",
            "admin.port", "9000",
            "admin.host", "10.0.0.1",
            "admin.token", "t0ken"));
    assertEquals(1, faults("resp.port", "8000", "resp.host", "::1").size());
    assertEquals(1, faults("http.port", "8001", "http.host", "127.0.0.1").size());
    assertDoesNotThrow(() -> parse("resp.port", "8000", "resp.host", "127.0.0.2"));
    assertEquals(
        List.of(
            "test: a value of cache.max-value-bytes (1048576 bytes) does not fit into"
                + " cache.max-bytes (1024 bytes): lower the first or raise the second"),
        faults("cache.max-bytes", "1KiB"));
    assertEquals(1, faults("redis.username", "alice").size());
    assertEquals(1, faults("redis.url", "redis://alice@h").size());
  }

  @Test
  void prefixes_areSeparatedByCommas_andMayNotOverlap() {
    assertEquals(
        List.of("user:", "a b"),
        parse("coherence.prefixes", " user:, a b ").coherence().prefixes());
    assertEquals(
        List.of(
            "test: coherence.prefixes overlap, which Redis refuses: \"user:1\" begins with"
                + " \"user:\": remove one of them"),
        faults("coherence.prefixes", "user:1,x,user:"));
    assertEquals(1, faults("coherence.prefixes", "a,a").size());
  }

  @Test
  void contradictions_areReportedWithOtherFaults_butNotCausedByThem() {
    assertEquals(
        2, faults("cache.expiry", "0", "http.enabled", "false", "resp.enabled", "false").size());
    // The default that replaces the bad port is the port of another server.
    assertEquals(1, faults("http.port", "x", "resp.port", "8000").size());
    assertEquals(1, faults("cache.max-value-bytes", "x", "cache.max-bytes", "1KiB").size());
  }

  @Test
  void equalPorts_thatDoNotCollide_areAllowed() {
    assertDoesNotThrow(() -> parse("http.port", "0", "resp.port", "0", "admin.port", "0"));
    assertDoesNotThrow(() -> parse("http.port", "8001", "resp.enabled", "false"));
    assertDoesNotThrow(() -> parse("http.port", "8001", "resp.host", "127.0.0.2"));
  }

  @Test
  void credentials_overrideThoseOfTheUrl() {
    String url = "redis://u:p@h";
    assertRedisUser("u", "p", parse("redis.url", url, "redis.username", "", "redis.password", ""));
    assertRedisUser("v", "p", parse("redis.url", url, "redis.username", "v"));
    assertRedisUser("u", "q", parse("redis.url", url, "redis.password", "q"));
    assertRedisUser(null, "00123", parse("redis.password", "00123"));
    assertRedisUser("u", " %", parse("redis.url", "redis://u@h", "redis.password", " %"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1", "127.8.0.1", "localhost", "LocalHost", "::1", "0:0:0:0:0:0:0:1"})
  void authModeOwn_onLoopback_needsNoPassword(String host) {
    assertDoesNotThrow(() -> parse("auth.mode", "own", "http.host", host, "resp.host", host));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org"})
  void authModeOwn_beyondLoopback_needsAPassword(String host) {
    assertEquals(
        List.of(
            "test: resp.host = \""
                + host
                + "\" with auth.mode = own and no auth.password: whoever reaches it could act as the"
                + " proxy's Redis user; set auth.password (or AUTH_PASSWORD), or the host to"
                + " localhost"),
        faults("auth.mode", "own", "resp.host", host));
    assertEquals(2, faults("auth.mode", "own", "resp.host", host, "http.host", host).size());
    assertDoesNotThrow(() -> parse("auth.mode", "own", "resp.host", host, "resp.enabled", "false"));
    assertDoesNotThrow(() -> parse("auth.mode", "own", "resp.host", host, "auth.password", "p"));
    assertDoesNotThrow(() -> parse("resp.host", host));
  }

  @Test
  void authModeRedis_whenRedisHasAPassword_needsTheDedicatedRoute() {
    String[] open = {"resp.tunnel", "false", "redis.password", "xyzzy"};
    assertEquals(
        List.of(
            "test: resp.tunnel is false, but with auth.mode redis clients need it to log in to Redis:"
                + " whoever reaches RESP could read as the proxy's Redis user, without"
                + " redis.password; set auth.mode to own, or resp.tunnel to true"),
        faults(open));
    assertEquals(1, faults("resp.tunnel", "false", "redis.url", "redis://:xyzzy@h").size());
    assertDoesNotThrow(() -> parse("resp.tunnel", "false"));
    assertDoesNotThrow(() -> parse(with(open, "auth.mode", "own")));
    assertDoesNotThrow(() -> parse(with(open, "resp.tunnel", "true")));
    assertDoesNotThrow(() -> parse(with(open, "resp.enabled", "false")));
  }

  @Test
  void tls_needsCertificateAndKey() {
    assertEquals(
        List.of("test: resp.tls.cert is set and resp.tls.key is not: set both or neither"),
        faults("resp.tls.cert", "cert.pem"));
    assertEquals(
        List.of("test: http.tls.client-ca is set and http.tls.cert is not: set both or neither"),
        faults("http.tls.client-ca", "ca.pem"));
    assertEquals(1, faults("admin.tls.key", "key.pem").size());
    Tls.Server tls = parse("resp.tls.cert", "cert.pem", "resp.tls.key", "key.pem").tls().resp();
    assertEquals(new Tls.Server("cert.pem", "key.pem", null), tls);
  }

  @Test
  void tlsToRedis_followsFromTheUrl() {
    assertTrue(parse("redis.url", "rediss://h").redis().endpoint().tls());
    assertEquals(
        List.of(
            "test: redis.tls.ca is set and redis.url begins with redis://, which means no TLS:"
                + " write rediss://, or leave redis.tls.ca out"),
        faults("redis.tls.ca", "ca.pem"));
    assertDoesNotThrow(() -> parse("redis.tls.ca", "ca.pem", "redis.url", "rediss://h"));
    assertEquals(1, faults("redis.tls.cert", "cert.pem", "redis.url", "rediss://h").size());
  }

  @Test
  void tlsToAHostWithAnUnderscore_needsVerifyHostOff() {
    assertEquals(
        List.of(
            "test: redis.url names the host \"my_redis\", and Java cannot verify a certificate for a"
                + " name with _: give Redis a second name without one (a network alias) and write"
                + " that, or set redis.tls.verify-host to false"),
        faults("redis.url", "rediss://my_redis"));
    assertDoesNotThrow(
        () -> parse("redis.url", "rediss://my_redis", "redis.tls.verify-host", "false"));
    assertDoesNotThrow(() -> parse("redis.url", "redis://my_redis"));
  }

  private static String[] with(String[] pairs, String path, String value) {
    String[] all = Arrays.copyOf(pairs, pairs.length + 2);
    all[pairs.length] = path;
    all[pairs.length + 1] = value;
    return all;
  }

  @Test
  void ownCredentials_areCheckedAndNotShown() {
    Settings.Auth auth = parse("auth.mode", "OWN", "auth.password", "xyzzy").auth();
    assertEquals("xyzzy", auth.password().value());
    assertFalse(auth.toString().contains("xyzzy"));
    assertEquals(1, faults("auth.password", "ignored by Redis").size());
    assertEquals(1, faults("auth.mode", "own", "auth.username", "a:b").size());
    assertEquals(1, faults("auth.mode", "own", "auth.username", "").size());
    String fault = faults("auth.mode", "own", "auth.password", "x".repeat(1025)).get(0);
    assertEquals("test: auth.password = ***: expected at most 1024 characters", fault);
  }

  @Test
  void adminPort_beyondLoopback_needsAToken() {
    assertEquals(
        List.of(
            "test: admin.host = \"0.0.0.0\" without admin.token: whoever reaches it could see and"
                + " change how the proxy runs; set admin.token (ADMIN_TOKEN, ADMIN_TOKEN_FILE), or"
                + " the host to localhost"),
        faults("admin.host", "0.0.0.0"));
    assertDoesNotThrow(() -> parse("admin.host", "0.0.0.0", "admin.enabled", "false"));
    Settings settings = parse("admin.host", "0.0.0.0", "admin.token", "t0ken");
    assertEquals("t0ken", settings.admin().token().value());
    assertFalse(settings.toString().contains("t0ken"));
    assertFalse(faults("admin.token", "t0 ken").toString().contains("t0 ken"));
  }

  private static void assertRedisUser(String username, String password, Settings settings) {
    assertEquals(username, settings.redis().username());
    assertEquals(password, settings.redis().password().value());
    assertTrue(settings.redis().toString().contains("password=***"));
  }

  @Test
  void given_isNotShown() {
    assertFalse(new Given("xyzzy", "x").toString().contains("xyzzy"));
  }

  private static Settings parse(String... pairs) {
    Map<String, Given> given = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      given.put(pairs[i], new Given(pairs[i + 1], "test"));
    }
    return Configuration.parse(given, MACHINE);
  }

  private static List<String> faults(String... pairs) {
    return assertThrows(ConfigurationException.class, () -> parse(pairs)).faults();
  }
}
