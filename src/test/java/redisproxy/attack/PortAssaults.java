package redisproxy.attack;

import java.io.IOException;
import java.util.Map;

/** Attacks with connections alone, on the admin port, and on a TLS port. */
final class PortAssaults {
  private static final int THOUSANDS = 10_000;
  private static final byte[] HELLO_BEGUN = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};

  private PortAssaults() {}

  static void addTo(Map<String, Assault> assaults) {
    assaults.put("idle-10000-resp", siege -> idle(siege, Port.RESP));
    assaults.put("idle-10000-http", siege -> idle(siege, Port.HTTP));
    assaults.put("connect-storm", PortAssaults::storm);
    assaults.put("admin-hammered", PortAssaults::hammer);
    assaults.put("admin-idle", siege -> idle(siege, Port.ADMIN));
    assaults.put("admin-unread-viewers", PortAssaults::viewers);
  }

  static void addTls(Map<String, Assault> assaults) {
    assaults.put("tls-plain-text", siege -> begin(siege, "PING\r\n".getBytes()));
    assaults.put("tls-handshake-unfinished", siege -> begin(siege, HELLO_BEGUN));
    assaults.put("tls-silent", siege -> begin(siege, new byte[0]));
    assaults.put("tls-handshake-storm", PortAssaults::handshakes);
  }

  private static String idle(Siege siege, Port port) {
    siege.hold(port, THOUSANDS);
    siege.sitOut();
    return siege.tally();
  }

  private static String storm(Siege siege) {
    long opened = 0;
    while (siege.lasts()) {
      Port port = Port.values()[(int) (opened % 2)];
      try (Wire wire = siege.target.open(port)) {
        opened++;
        if (opened % 4 < 2) {
          wire.reset();
        }
      } catch (IOException refused) {
        siege.rest(1);
      }
    }
    return "took " + opened + " connections";
  }

  private static String hammer(Siege siege) throws Exception {
    String[] paths = {"/metrics", "/stats", "/peek?key=near:0"};
    String requests = "";
    for (String path : paths) {
      requests += "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    Wire wire = siege.hold(Port.ADMIN);
    long bytes = 0;
    while (siege.lasts()) {
      wire.send(requests);
      bytes += wire.some(64 * 1024).length();
    }
    return "sent " + bytes / 1_000_000 + " MB";
  }

  private static String viewers(Siege siege) throws Exception {
    for (int i = 0; i < 100; i++) {
      siege.send(siege.holdUnread(Port.ADMIN), "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String begin(Siege siege, byte[] first) throws Exception {
    for (int i = 0; i < 1_000; i++) {
      siege.holdPlain(Port.RESP).send(first);
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String handshakes(Siege siege) throws Exception {
    long made = 0;
    while (siege.lasts()) {
      try (Wire wire = siege.target.open(Port.RESP)) {
        wire.send(Wire.request("PING")).line();
        made++;
      }
    }
    return "made " + made + " handshakes";
  }
}
