package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final List<String> DEFAULT = List.of("default");
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void records_areValidByConstruction() {
    refused(() -> new Settings.Admin(true, "127.0.0.1", 65536, null));
    refused(() -> new Settings.Admin(true, "", 1, null));
    refused(() -> new Settings.Admin(true, "0.0.0.0", 1, null));
    refused(() -> new Settings.Admin(true, "0.0.0.0", 1, new Secret("two words")));
    refused(() -> new Limits.Rate(-1, 0));
    refused(() -> new Cors(List.of("*", "http://a.example")));
    refused(() -> new Cors(List.of("a.example")));
    refused(() -> new Cors(List.of("http://a.example/path")));
    refused(() -> new Cors(List.of("null")));
    refused(() -> new Limits.Rate(0, -1));
    refused(() -> new Settings.Http(true, "h", 1, 0, 1, 1, SECOND, false));
    refused(() -> new Settings.Http(true, "h", 1, 1, 1, 1, SECOND.negated(), false));
    refused(() -> new Settings.Resp(true, "h", 1, 1, 1, SECOND, 1, 1, 1 << 16, true, true));
    refused(() -> new Settings.Cache(1, 1, 1, List.of("ttl"), SECOND, SECOND, SECOND, SECOND, ""));
    refused(() -> new Settings.Cache(1, 1, 1, List.of(), SECOND, SECOND, SECOND, SECOND, ""));
    refused(() -> new Settings.Cache(0, 1, 0, DEFAULT, SECOND, SECOND, SECOND, SECOND, ""));
    refused(() -> new Settings.Cache(1, 1, 2, DEFAULT, SECOND, SECOND, SECOND, SECOND, ""));
    refused(() -> new Settings.Cache(1, 1, 1, DEFAULT, Duration.ZERO, SECOND, SECOND, SECOND, ""));
    refused(() -> new Settings.Endpoint("h", 0, 0, false));
    refused(() -> new Settings.Endpoint("h", 1, -1, false));
    refused(() -> new Settings.Endpoint("h/0", 1, 0, false));
    refused(() -> new Settings.Endpoint("u@h", 1, 0, false));
    Settings.Endpoint endpoint = new Settings.Endpoint("h", 1, 0, false);
    Tls.Client noTls = new Tls.Client(null, null, null, true);
    refused(() -> new Settings.Redis(endpoint, "u", null, SECOND, SECOND, SECOND, 1, 1, noTls));
    refused(() -> new Settings.Redis(endpoint, null, null, SECOND, SECOND, SECOND, 1, 0, noTls));
    Tls.Client useless = new Tls.Client("ca.pem", null, null, true);
    refused(() -> new Settings.Redis(endpoint, null, null, SECOND, SECOND, SECOND, 1, 1, useless));
    Tls.Server off = new Tls.Server(null, null, null);
    refused(() -> new Tls(off, new Tls.Server("cert.pem", null, null), off));
    refused(() -> new Tls(off, off, new Tls.Server(null, "key.pem", null)));
    refused(() -> new Tls(new Tls.Server(null, null, "ca.pem"), off, off));
    refused(() -> new Settings.Auth(Settings.Auth.Mode.OWN, "", null));
    refused(() -> new Settings.Auth(Settings.Auth.Mode.REDIS, "default", new Secret("p")));
    refused(() -> coherence(Duration.ZERO));
    refused(() -> coherence(SECOND, ""));
    refused(() -> coherence(SECOND, "a", "ab"));
    refused(() -> coherence(SECOND, "a", "a"));
    Settings ok = Configuration.parse(Map.of());
    Settings.Http httpOff = new Settings.Http(false, "h", 1, 1, 1, 1, SECOND, false);
    Settings.Resp off2 =
        new Settings.Resp(false, "h", 1, 1, 1, SECOND, 1 << 16, 1, 1 << 16, true, true);
    refused(() -> with(ok, 1, httpOff, off2, ok.admin(), ok.dashboard()));
    refused(() -> with(ok, 0, ok.http(), off2, ok.admin(), ok.dashboard()));
  }

  @Test
  void authModeOwn_withoutAPassword_isForLoopbackOnly() {
    Settings ok = Configuration.parse(Map.of());
    Settings.Auth own = new Settings.Auth(Settings.Auth.Mode.OWN, "default", null);
    Settings.Http open = new Settings.Http(true, "0.0.0.0", 1, 1, 1, 1, SECOND, false);
    refused(
        () ->
            new Settings(
                1,
                ok.transport(),
                open,
                ok.cors(),
                ok.resp(),
                ok.admin(),
                ok.dashboard(),
                ok.cache(),
                ok.redis(),
                own,
                ok.limits(),
                ok.coherence(),
                ok.tls(),
                ok.log(),
                ok.tracing()));
  }

  @Test
  void refusal_namesTheSetting() {
    assertEquals(
        "http.instances = \"0\": expected auto or a decimal number 1..1024",
        refused(() -> new Settings.Http(true, "h", 1, 0, 1, 1, SECOND, false)).getMessage());
  }

  @Test
  void endpoint_toString_isAUrl() {
    assertEquals("redis://[::1]:6379/2", new Settings.Endpoint("::1", 6379, 2, false).toString());
    assertEquals("rediss://h:6379/0", new Settings.Endpoint("h", 6379, 0, true).toString());
  }

  private static Settings.Coherence coherence(Duration heartbeat, String... prefixes) {
    return new Settings.Coherence(
        Settings.Coherence.Mode.TRACKING,
        Settings.Coherence.WhenUnverified.SERVE,
        heartbeat,
        List.of(prefixes));
  }

  private static IllegalArgumentException refused(Runnable construction) {
    return assertThrows(IllegalArgumentException.class, construction::run);
  }

  /** Returns the other settings with these parts replaced. */
  static Settings with(
      Settings others,
      int eventLoops,
      Settings.Http http,
      Settings.Resp resp,
      Settings.Admin admin,
      Dashboard dashboard) {
    return new Settings(
        eventLoops,
        others.transport(),
        http,
        others.cors(),
        resp,
        admin,
        dashboard,
        others.cache(),
        others.redis(),
        others.auth(),
        others.limits(),
        others.coherence(),
        others.tls(),
        others.log(),
        others.tracing());
  }
}
