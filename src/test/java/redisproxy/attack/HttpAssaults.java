package redisproxy.attack;

import java.util.Map;

/** Attacks over HTTP. */
final class HttpAssaults {
  private static final int CROWD = 400;
  private static final String HOST = "Host: attack\r\n";

  private HttpAssaults() {}

  static void addTo(Map<String, Assault> assaults) {
    assaults.put("http-slowloris", HttpAssaults::slowloris);
    assaults.put("http-unread-one", siege -> unread(siege, 1, 20_000));
    assaults.put("http-unread-many", siege -> unread(siege, CROWD, 64));
    assaults.put("http-unread-streams", HttpAssaults::unreadStreams);
    assaults.put("http-post-endless", HttpAssaults::post);
    assaults.put("http-header-bombs", HttpAssaults::headers);
    assaults.put("http-percent-bombs", HttpAssaults::percent);
    assaults.put("http-resp-spoken", HttpAssaults::resp);
    assaults.put("http-fuzz", HttpAssaults::noise);
  }

  private static String get(String key) {
    return "GET /keys/" + key + " HTTP/1.1\r\n" + HOST + "\r\n";
  }

  /** Many clients send headers one byte at a time. */
  private static String slowloris(Siege siege) {
    var wires = siege.hold(Port.HTTP, CROWD);
    String request = "GET /keys/near:0 HTTP/1.1\r\n" + HOST + "X-Slow: " + "x".repeat(10_000);
    for (int i = 0; siege.lasts(); i = (i + 1) % request.length()) {
      for (Wire wire : wires) {
        siege.send(wire, request.substring(i, i + 1));
      }
      siege.rest(50);
    }
    return siege.tally();
  }

  private static String unread(Siege siege, int crowd, int requests) throws Exception {
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      pipeline.append(get("heavy:" + i % Target.HEAVY));
    }
    for (int i = 0; i < crowd && siege.lasts(); i++) {
      Wire wire = siege.holdUnread(Port.HTTP);
      Thread writer =
          new Thread(
              () -> {
                for (int sent = 0; sent < requests && siege.lasts(); sent += 64) {
                  siege.send(wire, pipeline.toString());
                }
              });
      writer.setDaemon(true);
      writer.start();
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String unreadStreams(Siege siege) throws Exception {
    for (int i = 0; i < 200 && siege.lasts(); i++) {
      siege.send(siege.holdUnread(Port.HTTP), get(Target.HUGE));
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String post(Siege siege) throws Exception {
    String piece = "1000\r\n" + "x".repeat(4096) + "\r\n";
    long sent = 0;
    long closed = 0;
    while (siege.lasts()) {
      try (Wire wire = siege.target.open(Port.HTTP)) {
        wire.send("POST /keys/near:0 HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n");
        while (siege.lasts() && siege.send(wire, piece)) {
          sent += 4096;
        }
        closed++;
      }
    }
    return "took " + sent / 1_000_000 + " MB, closed " + closed;
  }

  private static String headers(Siege siege) throws Exception {
    String[] bombs = {
      "X: y\r\n".repeat(100_000),
      "X-Long: " + "x".repeat(1_000_000) + "\r\n",
      "Accept: " + "application/json;q=0.1,".repeat(500) + "\r\n",
      "If-None-Match: " + "\"x\",".repeat(3_000) + "\r\n"
    };
    long sent = 0;
    while (siege.lasts()) {
      try (Wire wire = siege.target.open(Port.HTTP)) {
        String bomb = bombs[(int) (sent++ % bombs.length)];
        siege.send(wire, "GET /keys/near:0 HTTP/1.1\r\n" + HOST + bomb + "\r\n");
        wire.isClosed();
      }
    }
    return "took " + sent + " bombs";
  }

  private static String percent(Siege siege) throws Exception {
    Wire wire = siege.hold(Port.HTTP);
    String[] keys = {"%41".repeat(5_000), "%00".repeat(5_000), "..%2F".repeat(3_000)};
    long missing = 0;
    while (siege.lasts()) {
      wire.send(get(keys[(int) (missing % keys.length)]));
      String status = wire.line();
      if (!status.contains(" 404 ")) {
        return status;
      }
      int length = 0;
      for (String header = wire.line(); !header.isEmpty(); header = wire.line()) {
        if (header.startsWith("content-length:")) {
          length = Integer.parseInt(header.substring(15).strip());
        }
      }
      wire.skip(length);
      missing++;
    }
    return "answered " + missing + " times 404";
  }

  private static String resp(Siege siege) throws Exception {
    return siege.closedUpon(Port.HTTP, wire -> wire.send(Wire.request("SET", "k", "v").repeat(10)));
  }

  private static String noise(Siege siege) throws Exception {
    return siege.noise(
        Port.HTTP, (wire, noise) -> wire.send("GET /keys/").send(noise).send("\r\n\r\n"));
  }
}
