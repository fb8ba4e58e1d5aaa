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
 * {@code INFO redisproxy}: the proxy's own section, of which Redis knows nothing; all other
 * sections are Redis's. Answered among the ordered replies, to whoever may read from the cache.
 */
final class ProxyInfo {
  private static final long INFO = CommandName.of("info");
  private static final String SECTION = "redisproxy";

  /** How it is written to be told among what goes through a dedicated connection. */
  private static final String REQUEST = "*2\r\n$4\r\ninfo\r\n$10\r\n" + SECTION + "\r\n";

  private final ClientConnection connection;
  private final Front front;
  private final OrderedReplies cached;
  private final ConnectionState state;

  ProxyInfo(
      ClientConnection connection, Front front, OrderedReplies cached, ConnectionState state) {
    this.connection = connection;
    this.front = front;
    this.cached = cached;
    this.state = state;
  }

  static boolean isAsked(Request request) {
    return request.name() == INFO
        && request.count() == 2
        && request.lowerCase(1, SECTION.length() + 1).equals(SECTION);
  }

  /** Reads a request for it that begins here; false when another one does, or not all is there. */
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

  /** Answers, in the order of the requests. */
  void answer() {
    int ticket = cached.accepted();
    cached.awaitReply();
    boolean isResp3 = state.isResp3();
    front.ask(
        report -> {
          cached.replied(ticket, reply(text(report), isResp3));
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
    line(text, "invalidations", cache.invalidations());
    line(text, "flushes", cache.flushes());
    line(text, "evictions", cache.evictions());
    line(text, "expirations", cache.expirations());
    line(text, "entries", cache.entries());
    line(text, "entries_bytes", cache.bytes());
    return text.toString();
  }

  private static void line(StringBuilder text, String name, Object value) {
    text.append(name).append(':').append(value).append("\r\n");
  }
}
