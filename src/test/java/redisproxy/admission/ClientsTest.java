package redisproxy.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;

class ClientsTest {
  private static final Room SMALL = new Room(8 << 20, Long.MAX_VALUE, false);
  private static final int FIT = SMALL.clientsOverResp(Integer.MAX_VALUE, false);

  private final Logger logger = (Logger) LoggerFactory.getLogger(Clients.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private Level before;

  @BeforeEach
  void listen() {
    before = logger.getLevel();
    logger.setLevel(Level.INFO);
    logger.addAppender(logged);
    logged.start();
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(logged);
    logger.setLevel(before);
  }

  private static Settings settings(String path, String value) {
    return Configuration.parse(Map.of(path, value));
  }

  private List<String> servers() {
    return logged.list.stream()
        .flatMap(event -> event.getKeyValuePairs().stream())
        .filter(pair -> pair.key.equals("server"))
        .map((KeyValuePair pair) -> pair.value.toString())
        .toList();
  }

  @Test
  void defaults_areLoweredSilently() {
    Clients clients = new Clients(SMALL, Configuration.parse(Map.of()));
    assertEquals(FIT, clients.resp().limit());
    assertEquals(FIT, clients.http().limit());
    assertEquals(List.of(), logged.list);
  }

  @Test
  void explicitDefault_isLoweredSilently() {
    new Clients(SMALL, settings("resp.max-clients", "10000"));
    assertEquals(List.of(), logged.list);
  }

  @Test
  void explicitNumber_isLoweredWithAWarning() {
    Clients clients = new Clients(SMALL, settings("resp.max-clients", "9999"));
    assertEquals(FIT, clients.resp().limit());
    assertEquals(List.of("resp"), servers());
    clients.limit(settings("http.max-clients", "20000"));
    assertEquals(List.of("resp", "http"), servers());
    assertEquals(Level.WARN, logged.list.get(0).getLevel());
  }

  @Test
  void numberThatFits_isUsed() {
    Clients clients = new Clients(SMALL, settings("resp.max-clients", "7"));
    assertEquals(7, clients.resp().limit());
    assertEquals(List.of(), logged.list);
  }
}
