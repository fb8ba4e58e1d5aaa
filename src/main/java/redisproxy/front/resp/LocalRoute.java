package redisproxy.front.resp;

import static redisproxy.metrics.Outcome.LOCAL;
import static redisproxy.metrics.Outcome.REFUSED;

import org.jspecify.annotations.Nullable;
import redisproxy.bus.Front;
import redisproxy.command.CommandName;
import redisproxy.command.Request;
import redisproxy.resp.Reply;

/**
 * The local route: requests that need neither the cache nor a dedicated connection. The proxy knows
 * the reply itself, or Redis gives the same reply to all sessions.
 */
final class LocalRoute {
  private static final long GET = CommandName.of("get");
  private static final long PING = CommandName.of("ping");
  private static final long ECHO = CommandName.of("echo");

  private final Front front;
  private final OrderedReplies replies;
  private final Handshake handshake;
  private final ServerQueries queries;
  private final ProxyInfo info;

  /** Whether only this route and the cache answer requests. */
  private final boolean isOnly;

  /**
   * The local route of one session.
   *
   * @param isOnly whether the proxy refuses requests that neither it nor the cache can answer
   */
  LocalRoute(
      Front front,
      OrderedReplies replies,
      Handshake handshake,
      ServerQueries queries,
      ProxyInfo info,
      boolean isOnly) {
    this.front = front;
    this.replies = replies;
    this.handshake = handshake;
    this.queries = queries;
    this.info = info;
    this.isOnly = isOnly;
  }

  /** Whether a query to Redis for the reply to the next request is under way. */
  boolean isWaiting() {
    return queries.isWaiting();
  }

  /** Replies, in the order of the requests. */
  void reply(byte[] reply) {
    front.tally().count(reply[0] == '-' ? REFUSED : LOCAL);
    replies.reply(reply);
  }

  /** Replies to a failed log-in, with a delay if there is one. */
  void replyLate(ClientLimits limits, byte[] reply) {
    front.tally().count(REFUSED);
    limits.replyLate(replies, reply);
  }

  /** Replies with the proxy's own section of INFO. */
  void replyInfo() {
    front.tally().count(LOCAL);
    info.answer();
  }

  /** The reply to a request. Null if it is for another route, or if {@link #isWaiting} is true. */
  byte @Nullable [] answer(Request request) {
    long name = request.name();
    if (name == PING && request.count() <= 2) {
      return request.count() == 1 ? Reply.PONG : request.bulk(1);
    }
    if (name == ECHO && request.count() == 2) {
      return request.bulk(1);
    }
    byte[] reply = handshakeReply(request);
    if (reply == null && !isOnly) {
      reply = queries.answer(request);
    }
    return reply == null && isOnly ? refusal(request) : reply;
  }

  /** The reply to HELLO, CLIENT or SELECT, or null. */
  byte @Nullable [] handshakeReply(Request request) {
    return handshake.answer(request, front.server());
  }

  private static byte[] refusal(Request request) {
    long name = request.name();
    return name == GET || name == PING || name == ECHO
        ? Reply.wrongArity(request.lowerCase(0, 8))
        : request.unknownCommand();
  }
}
