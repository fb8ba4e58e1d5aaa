package redisproxy.attack;

import java.util.Map;

/** Attacks over RESP. */
final class RespAssaults {
  private static final int CROWD = 400;

  private RespAssaults() {}

  static void addTo(Map<String, Assault> assaults) {
    assaults.put("resp-slowloris", RespAssaults::slowloris);
    assaults.put("resp-half-requests", siege -> halves(siege, 900_000));
    assaults.put("resp-huge-announced", RespAssaults::announced);
    assaults.put("resp-unread-hits", RespAssaults::unreadHits);
    assaults.put("resp-unread-dedicated", RespAssaults::unreadDedicated);
    assaults.put("resp-unread-pubsub", RespAssaults::unreadPubSub);
    assaults.put("resp-unread-streams", RespAssaults::unreadStreams);
    assaults.put("resp-one-byte-writes", RespAssaults::oneByteWrites);
    assaults.put("resp-multibulk", RespAssaults::multibulk);
    assaults.put("resp-auth-flood", RespAssaults::authFlood);
    assaults.put("resp-misses", RespAssaults::misses);
    assaults.put("resp-http-spoken", RespAssaults::http);
    assaults.put("resp-fuzz", RespAssaults::noise);
  }

  /** Many clients send a request one byte at a time. */
  private static String slowloris(Siege siege) {
    var wires = siege.hold(Port.RESP, CROWD);
    String request = Wire.request("GET", "near:0".repeat(1000));
    for (int i = 0; siege.lasts(); i = (i + 1) % request.length()) {
      for (Wire wire : wires) {
        siege.send(wire, request.substring(i, i + 1));
      }
      siege.rest(50);
    }
    return siege.tally();
  }

  /** Sends requests whose end never comes. */
  private static String halves(Siege siege, int bytes) {
    String half = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + (bytes + 10) + "\r\n" + "x".repeat(bytes);
    for (Wire wire : siege.hold(Port.RESP, CROWD)) {
      siege.send(wire, half);
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String announced(Siege siege) {
    for (Wire wire : siege.hold(Port.RESP, CROWD)) {
      siege.send(wire, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nx");
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String unread(Siege siege, int crowd, String request) throws Exception {
    for (int i = 0; i < crowd && siege.lasts(); i++) {
      siege.send(siege.holdUnread(Port.RESP), request);
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String unreadHits(Siege siege) throws Exception {
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      pipeline.append(Wire.request("GET", "heavy:" + i % Target.HEAVY));
    }
    return unread(siege, CROWD, pipeline.toString());
  }

  private static String unreadDedicated(Siege siege) throws Exception {
    return unread(siege, 50, Wire.request("GETRANGE", "heavy:0", "0", "-1").repeat(16));
  }

  private static String unreadStreams(Siege siege) throws Exception {
    return unread(siege, 200, Wire.request("GET", Target.HUGE));
  }

  private static String unreadPubSub(Siege siege) throws Exception {
    for (int i = 0; i < 100; i++) {
      siege.send(siege.holdUnread(Port.RESP), Wire.request("SUBSCRIBE", "news"));
    }
    String news = Wire.request("PUBLISH", "news", "x".repeat(16 * 1024));
    try (Wire redis = siege.target.openRedis()) {
      while (siege.lasts()) {
        redis.send(news).line();
        siege.rest(2);
      }
    }
    return siege.tally();
  }

  private static String oneByteWrites(Siege siege) throws Exception {
    Wire wire = siege.hold(Port.RESP);
    String request = Wire.request("GET", "near:0");
    long answered = 0;
    while (siege.lasts()) {
      for (int i = 0; i < request.length(); i++) {
        siege.send(wire, request.substring(i, i + 1));
      }
      wire.line();
      wire.skip(Target.NEAR_BYTES + 2);
      answered++;
    }
    return "answered " + answered + " requests";
  }

  private static String multibulk(Siege siege) {
    String empty = "$0\r\n\r\n".repeat(150_000);
    // Redis parses all of these elements too.
    for (Wire wire : siege.hold(Port.RESP, CROWD / 8)) {
      siege.send(wire, "*1000000\r\n" + empty);
    }
    siege.sitOut();
    return siege.tally();
  }

  private static String authFlood(Siege siege) throws Exception {
    Wire wire = siege.hold(Port.RESP);
    String attempts = Wire.request("AUTH", "guess").repeat(100);
    long refused = 0;
    while (siege.lasts()) {
      siege.send(wire, attempts);
      for (int i = 0; i < 100; i++) {
        wire.line();
        refused++;
      }
    }
    return "refused " + refused;
  }

  /** One client requests missing keys, and so takes all loads that may be in flight. */
  private static String misses(Siege siege) throws Exception {
    Wire[] wires = new Wire[8];
    for (int i = 0; i < wires.length; i++) {
      wires[i] = siege.hold(Port.RESP);
    }
    long asked = 0;
    while (siege.lasts()) {
      for (Wire wire : wires) {
        StringBuilder pipeline = new StringBuilder();
        for (int i = 0; i < 500; i++) {
          pipeline.append(Wire.request("GET", "none:" + siege.random.nextLong()));
        }
        siege.send(wire, pipeline.toString());
      }
      for (Wire wire : wires) {
        for (int i = 0; i < 500; i++) {
          wire.line();
          asked++;
        }
      }
    }
    return "answered " + asked + " misses";
  }

  private static String http(Siege siege) throws Exception {
    return siege.closedUpon(
        Port.RESP,
        wire -> {
          String before = siege.random.nextBoolean() ? Wire.request("PING") : "";
          wire.send(before + "POST / HTTP/1.1\r\nHost: x\r\n\r\n" + Wire.request("PING"));
        });
  }

  private static String noise(Siege siege) throws Exception {
    return siege.noise(
        Port.RESP,
        (wire, noise) -> {
          noise[0] = (byte) "*$+GP".charAt(siege.random.nextInt(5));
          wire.send(noise);
        });
  }
}
