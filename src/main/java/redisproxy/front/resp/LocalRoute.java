package redisproxy.front.resp;

import static redisproxy.metrics.Outcome.OWN;
import static redisproxy.metrics.Outcome.REFUSED;

import org.jspecify.annotations.Nullable;
import redisproxy.bus.Front;
import redisproxy.command.CommandName;
import redisproxy.command.Request;
import redisproxy.resp.Reply;

/**
 * The local route: requests that need neither the cache nor a connection of the session's own to
 * Redis. The proxy knows the reply itself, or it is the same for all sessions.
 */
final class LocalRoute {
  private static final long GET = CommandName.of("get");
  private static final long PING = CommandName.of("ping");
  private static final long ECHO = CommandName.of("echo");

  private final Front front;
  private final OrderedReplies cached;
  private final Handshake handshake;
  private final ServerQueries queries;
  private final ProxyInfo info;

  /** Whether there is no other route. */
  private final boolean isOnly;

  /**
   * Those of one session.
   *
   * @param isOnly whether the proxy refuses what neither it nor the cache can answer
   */
  LocalRoute(
      Front front,
      OrderedReplies cached,
      Handshake handshake,
      ServerQueries queries,
      ProxyInfo info,
      boolean isOnly) {
    this.front = front;
    this.cached = cached;
    this.handshake = handshake;
    this.queries = queries;
    this.info = info;
    this.isOnly = isOnly;
  }

  /** Whether Redis is being asked for the reply to the next request. */
  boolean isWaiting() {
    return queries.isWaiting();
  }

  /** Replies, in the order of the requests. */
  void reply(byte[] reply) {
    front.tally().count(reply[0] == '-' ? REFUSED : OWN);
    cached.reply(reply);
  }

  /** Replies to a failed log-in, perhaps later. */
  void replyLate(ClientLimits limits, byte[] reply) {
    front.tally().count(REFUSED);
    limits.replyLate(cached, reply);
  }

  /** Replies with the proxy's own section of INFO. */
  void replyInfo() {
    front.tally().count(OWN);
    info.answer();
  }

  /** The reply to a request, or null: then it is for another route, unless it is to come. */
  byte @Nullable [] to(Request request) {
    long name = request.name();
    if (name == PING && request.count() <= 2) {
      return request.count() == 1 ? Reply.PONG : request.bulk(1);
    }
    if (name == ECHO && request.count() == 2) {
      return request.bulk(1);
    }
    byte[] reply = toHandshake(request);
    if (reply == null && !isOnly) {
      reply = queries.answer(request);
    }
    return reply == null && isOnly ? refusal(request) : reply;
  }

  /** The reply to HELLO, CLIENT or SELECT, or null. */
  byte @Nullable [] toHandshake(Request request) {
    return handshake.answer(request, front.server());
  }

  private static byte[] refusal(Request request) {
    long name = request.name();
    return name == GET || name == PING || name == ECHO
        ? Reply.wrongArity(request.lowerCase(0, 8))
        : request.unknownCommand();
  }
}
