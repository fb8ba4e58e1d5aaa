package redisproxy.upstream.feed;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;
import redisproxy.upstream.connection.Greeting;

/** The first commands of a feed, and the meaning of their replies. */
final class FeedHandshake {
  static final Buffer PING = command("PING");

  private static final String NAME = "redis-proxy-feed";

  /**
   * Releases in which Redis executes every command of a turn before it sends the invalidations, and
   * sends the replies after them, so that one PING is enough for a fence (docs/decisions.md). Only
   * releases whose source was read are listed.
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
  private String previousText = "";
  private String version = "";

  FeedHandshake(Settings.Redis redis, List<String> prefixes) {
    this.redis = redis;
    this.prefixes = prefixes;
  }

  /** All commands, sent at once. If the server refuses one, the connection ends. */
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

  /** Takes a string of the HELLO reply: a name or a value. */
  void text(String text) {
    if (step == HELLO && previousText.equals("version")) {
      version = text;
    }
    previousText = text;
  }

  /** Takes a reply; returns whether the handshake is over, with or without success. */
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
   * Whether a reply answers a PING. A server that cannot save its data refuses a PING with MISCONF,
   * as it refuses writes. That reply also comes in its turn, so it counts.
   */
  static boolean isPong(byte type, String line) {
    return type == '+' && line.equals("PONG") || type == '-' && line.startsWith("MISCONF ");
  }

  /**
   * Whether the server can never do this, and not just not now. Servers word their errors about
   * CLIENT TRACKING differently, so any ERR to it counts.
   */
  private boolean isRefusal(String error) {
    return error.startsWith("NOPERM")
        || error.startsWith("NOPROTO")
        || error.regionMatches(true, 0, "ERR unknown", 0, 11)
        || step == TRACKING && error.startsWith("ERR ");
  }

  /** Why the handshake failed; null if it has not. */
  @Nullable String fault() {
    return fault;
  }

  /** Whether another attempt is unlikely to succeed soon. */
  boolean isRefused() {
    return refused;
  }

  /** How many PINGs, one after the other, a fence needs. */
  int pingsPerFence() {
    return ONE_PING.matcher(version).matches() ? 1 : 2;
  }
}
