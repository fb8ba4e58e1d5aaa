package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the dashboard shows depends on who can reach it. */
class DashboardTest {
  @Test
  void keys_areMaskedBeyondLoopback_unlessTheSettingSaysOtherwise() {
    assertEquals(false, Configuration.parse(Map.of()).dashboard().maskKeys());
    Map<String, String> open = Map.of("admin.host", "0.0.0.0", "admin.token", "t0ken");
    assertEquals(true, Configuration.parse(open).dashboard().maskKeys());
    Map<String, String> shown =
        Map.of("admin.host", "0.0.0.0", "admin.token", "t0ken", "dashboard.mask-keys", "false");
    assertEquals(false, Configuration.parse(shown).dashboard().maskKeys());
  }

  @Test
  void values_areShownOnLoopbackOnly() {
    Map<String, String> open =
        Map.of("admin.host", "0.0.0.0", "admin.token", "t0ken", "dashboard.show-values", "true");
    String refusal =
        assertThrows(ConfigurationException.class, () -> Configuration.parse(open)).getMessage();
    assertTrue(refusal.contains("dashboard.show-values is true"), refusal);
    Settings.Admin admin = new Settings.Admin(true, "::", 1, new Secret("token"));
    Settings ok = Configuration.parse(Map.of());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            SettingsTest.with(ok, 1, ok.http(), ok.resp(), admin, new Dashboard(true, true, true)));
    Configuration.parse(Map.of("dashboard.show-values", "true"));
    Configuration.parse(
        Map.of(
            "admin.enabled",
            "false",
            "admin.host",
            "::",
            "admin.token",
            "t0ken",
            "dashboard.show-values",
            "true"));
  }
}
