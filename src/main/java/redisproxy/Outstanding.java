package redisproxy;

import java.util.ArrayDeque;
import java.util.Set;
import redisproxy.resp.CommandTable;
import redisproxy.resp.ReplyFramer;
import redisproxy.resp.RequestParser;
import redisproxy.resp.Writes;

/**
 * The requests a session has sent to Redis and that have no reply yet: tells which reply belongs to
 * which, and what has been written when it is there. Knows what changes that: transactions, the
 * subscribe family, MONITOR and PSYNC, CLIENT REPLY.
 */
final class Outstanding {
  private static final Set<String> SUBSCRIBE_FAMILY =
      Set.of(
          "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe");
  private static final Set<String> MESSAGES = Set.of("message", "pmessage", "smessage");
  private static final Set<String> STREAMS = Set.of("monitor", "sync", "psync");

  private final ArrayDeque<Request> requests = new ArrayDeque<>();
  private final Subscriptions subscriptions = new Subscriptions();

  /** What the commands of the open transaction write; null outside of one. */
  private Writes transaction;

  /** The client has said CLIENT REPLY OFF, or SKIP. */
  private boolean silent;

  private boolean skipNext;

  /** Replies can no longer be told from what else Redis sends. */
  private boolean streaming;

  /** What has been written since then. */
  private Writes streamed = Writes.NOTHING;

  private static final class Request {
    final Writes writes;

    /** Its reply is not for the client. */
    final boolean silent;

    /**
     * The command, when it is one of the subscribe family: each channel is confirmed on its own.
     */
    final String subscribes;

    /** Confirmations to come; 0 while it is not known how many. */
    int confirmations;

    /** No more replies follow its own, but a stream. */
    final boolean streams;

    /** It ends all subscriptions without confirming it. */
    final boolean resets;

    /** It opens a transaction, if Redis agrees. */
    final boolean opens;

    /** What the client gets in place of its reply, or null. */
    byte[] answer;

    Request(Writes writes, boolean silent, String name, String subscribes, int confirmations) {
      this.writes = writes;
      this.silent = silent;
      this.subscribes = subscribes;
      this.confirmations = confirmations;
      this.streams = STREAMS.contains(name);
      this.resets = name.equals("reset");
      this.opens = name.equals("multi");
    }
  }

  int size() {
    return requests.size();
  }

  boolean isStreaming() {
    return streaming;
  }

  /** From now on replies are not told apart. */
  void stream() {
    streaming = true;
  }

  /** A request that the client did not make and whose reply it does not get. */
  void addOwn() {
    requests.add(new Request(Writes.NOTHING, true, "", null, 1));
  }

  /**
   * A request that the proxy answers: Redis is sent something else for it, which it refuses, and
   * this takes the place of the refusal.
   */
  void addAnswered(byte[] answer) {
    Request request = new Request(Writes.NOTHING, true, "", null, 1);
    request.answer = silent || skipNext ? null : answer;
    skipNext = false;
    requests.add(request);
  }

  /** What the client gets in place of a reply that is not for it, or null. */
  byte[] answer() {
    return requests.peek().answer;
  }

  /** Whether Redis only queues what is sent now. */
  boolean isInTransaction() {
    return transaction != null;
  }

  /**
   * The client's input is not RESP, as far as can be told here. Redis will say so and close; if it
   * does not, it goes on reading what cannot be followed, so from now on anything may be written.
   */
  void addBroken() {
    streaming = true;
    streamed = Writes.EVERYTHING.and(Writes.ACCESS);
  }

  /**
   * A request of the client.
   *
   * @param whole whether all its arguments are there
   * @return whether it is to go to Redis: CLIENT REPLY OFF and SKIP are done here, so that each
   *     request has its reply
   */
  boolean add(RequestParser request, boolean whole, CommandTable commands) {
    String name = request.count() == 0 ? "" : request.lowerCase(0, 16);
    if (isInDoubt(name, request)) {
      streaming = true;
    } else if (name.equals("client") && isClientReply(request)) {
      return false;
    }
    if (name.equals("reset")) {
      silent = false;
    }
    Writes writes = commands.writes(request, whole);
    boolean outside = transaction == null;
    String subscribes = SUBSCRIBE_FAMILY.contains(name) ? name : null;
    Request added =
        new Request(
            transactional(name, writes),
            silent || skipNext,
            outside ? name : "",
            subscribes,
            request.count() - 1);
    skipNext = false;
    if (streaming) {
      streamed = streamed.and(added.writes);
    } else {
      requests.add(added);
    }
    return true;
  }

  /**
   * Whether it can no longer be told which reply belongs to which request. Within a transaction
   * CLIENT REPLY silences Redis itself and the subscribe family confirms out of turn; REPLCONF may
   * get no reply, and SYNC gets what is not RESP.
   */
  private boolean isInDoubt(String name, RequestParser request) {
    return switch (name) {
      case "replconf", "sync" -> true;
      case "client" -> transaction != null && request.count() > 1 && isReply(request);
      default -> transaction != null && SUBSCRIBE_FAMILY.contains(name);
    };
  }

  private static boolean isReply(RequestParser request) {
    return request.lowerCase(1, 8).equals("reply");
  }

  /**
   * What is written when this request is answered, the transaction it belongs to or ends taken into
   * account.
   */
  private Writes transactional(String name, Writes writes) {
    switch (name) {
      case "multi":
        transaction = transaction == null ? Writes.NOTHING : transaction;
        return writes;
      case "exec":
        Writes written = transaction == null ? Writes.NOTHING : transaction;
        transaction = null;
        return written;
      case "discard", "reset":
        transaction = null;
        return writes;
      default:
        transaction = transaction == null ? null : transaction.and(writes);
        return writes;
    }
  }

  private boolean isClientReply(RequestParser request) {
    if (request.count() != 3 || !isReply(request)) {
      return false;
    }
    switch (request.lowerCase(2, 8)) {
      case "off":
        silent = true;
        return true;
      case "skip":
        skipNext = !silent;
        return true;
      case "on":
        silent = false;
        skipNext = false;
        return false;
      default:
        return false;
    }
  }

  /**
   * Whether the reply that begins with this byte is not for the client. Pushes, and in RESP2 what
   * may be a message, are for it in any case.
   */
  boolean isSilent(byte type) {
    if (requests.isEmpty() || !requests.peek().silent || type == '>') {
      return false;
    }
    return type != '*' || requests.peek().subscribes == null && !subscriptions.any();
  }

  /** A reply is whole; returns what is written now. */
  Writes replied(ReplyFramer reply) {
    if (isOutOfBand(reply) || requests.isEmpty()) {
      return Writes.NOTHING;
    }
    Request request = requests.peek();
    boolean isError = reply.type() == '-';
    if (request.subscribes != null && !isError && !isConfirmed(request, reply)) {
      return Writes.NOTHING;
    }
    requests.remove();
    if (request.resets && !isError) {
      subscriptions.clear();
    }
    if (request.opens && isError) {
      refused();
    }
    streaming |= request.streams && !isError;
    return request.writes;
  }

  /** Redis did not open the transaction; what was sent on believing that it had is in doubt. */
  private void refused() {
    transaction = null;
    streaming = !requests.isEmpty();
  }

  private boolean isConfirmed(Request request, ReplyFramer reply) {
    if (request.confirmations == 0) {
      request.confirmations = subscriptions.confirmationsOfAll(request.subscribes);
    }
    subscriptions.confirmed(request.subscribes, reply.lastInteger());
    return --request.confirmations == 0;
  }

  private boolean isOutOfBand(ReplyFramer reply) {
    return switch (reply.type()) {
      case '>' -> requests.isEmpty() || !reply.kind().equals(requests.peek().subscribes);
      case '*' -> subscriptions.any() && MESSAGES.contains(reply.kind());
      default -> false;
    };
  }

  /** What may have been written by requests that have no reply, those of a stream included. */
  Writes writes() {
    Writes all = streamed;
    for (Request request : requests) {
      all = all.and(request.writes);
    }
    return all;
  }
}
