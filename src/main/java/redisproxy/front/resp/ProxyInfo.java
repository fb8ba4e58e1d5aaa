package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.cache.CacheStats;
import redisproxy.command.CommandName;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.config.Version;

/**
 * Answers {@code INFO redisproxy}, the proxy's own section. All other sections are Redis's. The
 * reply takes its place among the ordered replies. Every client that may read from the cache gets
 * it.
 */
final class ProxyInfo {
  private static final long INFO = CommandName.of("info");
  private static final String SECTION = "redisproxy";

  /** The only form that is recognized in a session with a dedicated connection; case is ignored. */
  private static final String REQUEST = "*2\r\n$4\r\ninfo\r\n$10\r\n" + SECTION + "\r\n";

  private final ClientConnection connection;
  private final Front front;
  private final OrderedReplies replies;
  private final ConnectionState state;

  ProxyInfo(
      ClientConnection connection, Front front, OrderedReplies replies, ConnectionState state) {
    this.connection = connection;
    this.front = front;
    this.replies = replies;
    this.state = state;
  }

  static boolean matches(Request request) {
    return request.name() == INFO
        && request.count() == 2
        && request.lowerCase(1, SECTION.length() + 1).equals(SECTION);
  }

  /** Skips such a request. Returns false if the input begins with another, or is incomplete. */
  static boolean skip(ByteBuf input) {
    int length = REQUEST.length();
    if (input.readableBytes() < length
        || !input
            .toString(input.readerIndex(), length, StandardCharsets.ISO_8859_1)
            .equalsIgnoreCase(REQUEST)) {
      return false;
    }
    input.skipBytes(length);
    return true;
  }

  /** Replies, in the order of the requests. */
  void answer() {
    int ticket = replies.accepted();
    replies.awaitReply();
    boolean isResp3 = state.isResp3();
    front.ask(
        report -> {
          replies.replied(ticket, reply(text(report), isResp3));
          connection.advance();
        });
  }

  private static byte[] reply(String text, boolean isResp3) {
    String body = isResp3 ? "txt:" + text : text;
    String reply = (isResp3 ? "=" : "$") + body.length() + "\r\n" + body + "\r\n";
    return reply.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(Bus.Report report) {
    CacheStats cache = report.cache();
    StringBuilder text = new StringBuilder("# " + SECTION + "\r\n");
    line(text, "version", Version.TEXT);
    line(text, "uptime_in_seconds", ManagementFactory.getRuntimeMXBean().getUptime() / 1000);
    line(text, "transport", report.transport().kind());
    line(text, "transport_reason", report.transport().reason());
    line(text, "redis_reachable", report.redis().now() ? 1 : 0);
    line(text, "feed", report.coherence().state());
    line(text, "trust", report.coherence().trustName());
    line(text, "hits", cache.hits());
    line(text, "misses", cache.misses());
    line(text, "unverified", cache.unverified());
    line(text, "loads", cache.loads());
    line(text, "loads_coalesced", cache.coalesced());
    line(text, "loads_failed", cache.failures());
    line(text, "loads_overtaken", cache.overtaken());
    line(text, "loads_in_flight", cache.loadsInFlight());
    line(text, "keys_touched", report.touched());
    line(text, "invalidations", cache.invalidations());
    line(text, "flushes", cache.flushes());
    line(text, "evictions", cache.evictions());
    line(text, "expirations", cache.expirations());
    line(text, "entries", cache.entries());
    line(text, "entries_bytes", cache.bytes());
    cache
        .commands()
        .forEach(
            (name, command) ->
                line(
                    text,
                    "lookups_" + name,
                    "hits=" + command.hits() + ",misses=" + command.misses()));
    return text.toString();
  }

  private static void line(StringBuilder text, String name, Object value) {
    text.append(name).append(':').append(value).append("\r\n");
  }
}
