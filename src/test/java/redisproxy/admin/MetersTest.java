package redisproxy.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import redisproxy.admission.Gate;
import redisproxy.bus.Reading;
import redisproxy.metrics.Exposition;
import redisproxy.metrics.Meter;

/** The table of meters, the manual and the Prometheus output agree. */
class MetersTest {
  private static List<Meter<Reading>> table() {
    return Meters.table(new Gate(1), new Gate(1), new Gate(1), List.of("get", "hget"));
  }

  @Test
  void manual_holdsTheTable() throws Exception {
    List<String> rows =
        Files.readAllLines(Path.of("docs/operating.md")).stream()
            .filter(line -> line.startsWith("| `redisproxy_"))
            .toList();
    assertEquals(
        String.join("\n", table().stream().map(Meter::row).toList()), String.join("\n", rows));
  }

  @Test
  void names_followThePrometheusConventions() throws Exception {
    for (Meter<Reading> meter : table()) {
      assertTrue(meter.name().matches("redisproxy_[a-z_]+"), meter.name());
      boolean isCounter = meter.type() == Meter.Type.COUNTER;
      assertEquals(isCounter, meter.name().endsWith("_total"), meter.name());
      assertTrue(meter.name().replace("_total", "").endsWith(meter.unit()), meter.name());
    }
  }

  @Test
  void meters_canAllBeRegistered() throws Exception {
    assertEquals(table().size(), new TreeSet<>(table().stream().map(Meter::name).toList()).size());
    new Exposition<>(table()).close();
  }
}
