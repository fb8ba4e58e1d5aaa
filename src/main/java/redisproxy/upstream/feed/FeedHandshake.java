package redisproxy.upstream.feed;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;
import redisproxy.upstream.connection.Greeting;

/** What a feed says first, and what the answers mean. */
final class FeedHandshake {
  static final Buffer PING = command("PING");

  private static final String NAME = "redis-proxy-feed";

  /**
   * Where every command is executed before keys are told, and answered after (docs/decisions.md):
   * the releases whose source was read.
   */
  private static final Pattern ONE_PING = Pattern.compile("(6\\.[02]|7\\.[024])\\.[0-9]+");

  private static final int HELLO = 0;
  private static final int SET_NAME = 1;
  private static final int TRACKING = 2;
  private static final int LAST = 3;

  private final Settings.Redis redis;
  private final List<String> prefixes;

  private int step;
  private @Nullable String fault;
  private boolean refused;
  private String before = "";
  private String version = "";

  FeedHandshake(Settings.Redis redis, List<String> prefixes) {
    this.redis = redis;
    this.prefixes = prefixes;
  }

  /** All of it at once; a server that refuses one of these is told nothing more. */
  Buffer commands() {
    List<String> tracking = new ArrayList<>(List.of("CLIENT", "TRACKING", "ON", "BCAST"));
    prefixes.forEach(prefix -> tracking.addAll(List.of("PREFIX", prefix)));
    return Greeting.hello(redis, 3)
        .appendBuffer(command("CLIENT", "SETNAME", NAME))
        .appendBuffer(command(tracking.toArray(String[]::new)))
        .appendBuffer(PING);
  }

  private static Buffer command(String... arguments) {
    Buffer command = Buffer.buffer();
    byte[][] bytes = new byte[arguments.length][];
    for (int i = 0; i < arguments.length; i++) {
      bytes[i] = arguments[i].getBytes(StandardCharsets.UTF_8);
    }
    Greeting.append(command, bytes);
    return command;
  }

  /** A string of HELLO's reply: a name, or a value. */
  void text(String text) {
    if (step == HELLO && before.equals("version")) {
      version = text;
    }
    before = text;
  }

  /** Takes a reply in; whether the handshake is over with it, well or not. */
  boolean isOverWith(byte type, String line) {
    if (step == HELLO && type != '-' && type != '%') {
      fault = "the server does not speak RESP3";
      refused = true;
    } else if (type == '-' && step != SET_NAME && !isPong(type, line)) {
      fault = line;
      refused = isRefusal(line);
    }
    return fault != null || step++ == LAST;
  }

  /**
   * Whether it answers a PING. A server that cannot save, and so takes no writes, refuses it like
   * one, in its turn all the same.
   */
  static boolean isPong(byte type, String line) {
    return type == '+' && line.equals("PONG") || type == '-' && line.startsWith("MISCONF ");
  }

  /**
   * Whether the server does not do it, rather than not now. What it says of CLIENT TRACKING is
   * worded differently everywhere.
   */
  private boolean isRefusal(String error) {
    return error.startsWith("NOPERM")
        || error.startsWith("NOPROTO")
        || error.regionMatches(true, 0, "ERR unknown", 0, 11)
        || step == TRACKING && error.startsWith("ERR ");
  }

  /** What is wrong, or null. */
  @Nullable String fault() {
    return fault;
  }

  /** Whether asking again will not mend it soon. */
  boolean isRefused() {
    return refused;
  }

  /** How many PINGs, one after the other, it takes to be sure of what was told before. */
  int pingsPerFence() {
    return ONE_PING.matcher(version).matches() ? 1 : 2;
  }
}
