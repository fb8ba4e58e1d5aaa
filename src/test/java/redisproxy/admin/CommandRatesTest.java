package redisproxy.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import redisproxy.cache.CacheStats;
import redisproxy.cache.CacheStats.Command;

/** The commands of the dashboard's table, in its order. */
class CommandRatesTest {
  private static final long SECOND = 1_000_000_000;

  private final CommandRates rates = new CommandRates();

  private static JsonObject row(String command, double hits, double misses) {
    return new JsonObject().put("command", command).put("hits", hits).put("misses", misses);
  }

  private static Map<String, Command> get(long hits) {
    return Map.of("get", new Command(hits, 0));
  }

  private void add(Map<String, Command> commands, long nanos) {
    rates.add(
        new CacheStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, commands), nanos);
  }

  @Test
  void oneReading_givesNoRates() {
    assertEquals(new JsonArray(), rates.busiest());
    add(get(100), 0);
    assertEquals(new JsonArray(), rates.busiest());
  }

  @Test
  void rates_areASecond_andTheMostFrequentComesFirst() {
    add(Map.of("get", new Command(100, 7), "hget", new Command(0, 3)), SECOND);
    add(
        Map.of(
            "get",
            new Command(104, 8),
            "hget",
            new Command(40, 3),
            "zcard",
            new Command(0, 20),
            "llen",
            new Command(20, 0)),
        3 * SECOND);
    assertEquals(
        new JsonArray(
            List.of(
                row("hget", 20, 0), row("llen", 10, 0), row("zcard", 0, 10), row("get", 2, 0.5))),
        rates.busiest());
  }

  @Test
  void commandThatIsNotLookedUp_isLeftOut() {
    add(Map.of("get", new Command(1, 1), "hget", new Command(0, 3)), 0);
    add(Map.of("get", new Command(1, 2), "hget", new Command(0, 3)), SECOND);
    assertEquals(new JsonArray(List.of(row("get", 0, 1))), rates.busiest());
  }

  @Test
  void lookups_ofMoreThanAMinuteAgo_doNotCount() {
    add(get(0), 0);
    for (int i = 1; i <= CommandRates.SECONDS; i++) {
      add(get(600), i * SECOND);
    }
    assertEquals(new JsonArray(List.of(row("get", 10, 0))), rates.busiest());
    add(get(600), (CommandRates.SECONDS + 1) * SECOND);
    assertEquals(new JsonArray(), rates.busiest());
  }

  @Test
  void rows_areLimited() {
    Map<String, Command> many = new TreeMap<>();
    for (char name = 'a'; name <= 'z'; name++) {
      many.put(String.valueOf(name), new Command(name, 0));
    }
    add(Map.of(), 0);
    add(many, SECOND);
    assertEquals(CommandRates.MOST, rates.busiest().size());
    assertEquals("z", rates.busiest().getJsonObject(0).getString("command"));
  }
}
