package redisproxy.command;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.ReplyFramer;

/**
 * The requests that a session has sent to Redis and that have no reply yet. Matches each reply to
 * its request, and returns what the request wrote. Handles the commands that change how replies
 * match: transactions, the subscribe family, MONITOR and PSYNC, and CLIENT REPLY.
 */
public final class OutstandingRequests {
  private static final Set<String> MESSAGES = Set.of("message", "pmessage", "smessage");

  private final ArrayDeque<Awaited> requests = new ArrayDeque<>();
  private final ConnectionState state;
  private final Subscriptions subscriptions = new Subscriptions();

  /** What the commands of the open transaction write; null outside of a transaction. */
  private Writes.@Nullable Sum transaction;

  private final ClientReplyMode replyMode = new ClientReplyMode();

  /** How many commands Redis has queued in the open transaction. */
  private int queued;

  /** The queued commands whose replies contain client ids, by their index in the transaction. */
  private final Map<Integer, ClientIdReply> queuedIds = new HashMap<>();

  /** Redis has accepted a log-in since the last RESET. */
  private boolean loggedIn;

  /** Replies to later requests cannot be told apart from other data that Redis sends. */
  private boolean streaming;

  /** STATE or UNKNOWN if a request has changed the connection for good, else NONE. */
  private Pin lasting = Pin.NONE;

  /** How many of the requests may wait: see {@link Awaited#waits}. */
  private int waiting;

  /** How many of the requests no client waits for: see {@link Awaited#background}. */
  private int background;

  /** A reply has revealed something about the data in Redis to the client. */
  private boolean told;

  /** What requests may have written whose replies cannot be told apart. */
  private final Writes.Sum streamed = new Writes.Sum();

  /** Starts with no requests. Replies change the connection's state. */
  public OutstandingRequests(ConnectionState state) {
    this.state = state;
  }

  /** The state of the client's connection. */
  public ConnectionState state() {
    return state;
  }

  /** Whether every request that a client waits for has its reply. */
  public boolean isAnswered() {
    return requests.size() == background;
  }

  /**
   * Whether every request has its reply, and Redis would answer a GET on this connection in the
   * same way as on any other connection.
   */
  public boolean isQuiet() {
    return isAnswered()
        && transaction == null
        && !replyMode.isActive()
        && !streaming
        && !subscriptions.any()
        && state.isPlain();
  }

  /** Why the session must keep this connection when every request has its reply. */
  public Pin pin() {
    if (streaming) {
      return Pin.UNKNOWN;
    }
    Pin ofState = state.pin();
    if (lasting != Pin.NONE || ofState == Pin.STATE) {
      return lasting == Pin.NONE ? ofState : lasting;
    }
    if (subscriptions.any()) {
      return Pin.SUBSCRIPTION;
    }
    if (transaction != null) {
      return Pin.TRANSACTION;
    }
    if (replyMode.isActive()) {
      return Pin.REPLIES_OFF;
    }
    return ofState == Pin.NONE && waiting > 0 ? Pin.BLOCKING : ofState;
  }

  /** Whether every request has its reply, and another session may use the connection. */
  public boolean isAtRest() {
    return requests.isEmpty() && pin() == Pin.NONE;
  }

  /** The session keeps this connection for good. */
  public void keep() {
    lasting = Pin.STATE;
  }

  /** Whether Redis queues this request in a transaction. */
  public static boolean isQueued(Request request) {
    return switch (request.command().kind()) {
      case EXEC, DISCARD, RESET, MULTI, WATCH -> false;
      default -> true;
    };
  }

  /**
   * Whether a request changes the connection, may wait, or shows the connection to a client: the
   * connection must have the names of its client before it.
   */
  public static boolean needsNames(Request request) {
    Command command = request.command();
    return switch (command.kind()) {
      case PLAIN -> command.mayWait(request) || Pin.of(command, request) != Pin.NONE;
      case SELECT, EXEC, DISCARD, UNWATCH -> false;
      default -> true;
    };
  }

  /**
   * Whether a reply has revealed something about the data in Redis to the client since {@link
   * #setTold} was last called with false.
   */
  public boolean hasTold() {
    return told;
  }

  /** Sets what {@link #hasTold} returns. */
  public void setTold(boolean hasTold) {
    told = hasTold;
  }

  public int size() {
    return requests.size();
  }

  /** Whether Redis may block one of the requests for a long time, or answers one with a stream. */
  public boolean mayWait() {
    return streaming || waiting > 0;
  }

  /** Whether replies can no longer be told apart: no request is left whose reply can be matched. */
  public boolean isStreaming() {
    return streaming && requests.isEmpty();
  }

  /** Whether the reply to a request that is sent now could not be told apart. */
  public boolean isInDoubt() {
    return streaming;
  }

  /** Stops matching replies to requests. */
  public void stream() {
    streaming = true;
    requests.forEach(request -> streamed.add(request.writes));
    requests.clear();
    background = 0;
    waiting = 0;
  }

  /** Adds a request of the proxy itself. The client does not get its reply. */
  public void addOwn() {
    requests.add(Awaited.own(null));
  }

  /**
   * Adds a request of the proxy itself. The client does not get its reply.
   *
   * @param refused runs if the reply is an error
   */
  public void addOwn(Runnable refused) {
    Awaited own = Awaited.own(null);
    own.refused = refused;
    requests.add(own);
  }

  /**
   * Adds a background request of the proxy itself: {@link #isAnswered} does not wait for it. The
   * consumer gets the integer that Redis replies.
   */
  public void addOwn(LongConsumer number) {
    addBackground().number = number;
  }

  private Awaited addBackground() {
    Awaited own = Awaited.own(null);
    own.background = true;
    background++;
    requests.add(own);
    return own;
  }

  /** Whether Redis has accepted a log-in, by AUTH or HELLO, since the last RESET. */
  public boolean isLoggedIn() {
    return loggedIn;
  }

  /** Adds a keep-alive PING: {@link #isAnswered} does not wait for it. */
  public void addPing() {
    addBackground();
  }

  /**
   * Adds a request that the proxy answers. The caller sends Redis another request in its place,
   * which Redis refuses. The client gets this answer instead of the refusal.
   */
  public void addAnswered(byte[] answer) {
    requests.add(Awaited.own(replyMode.suppressesNext() ? null : answer));
  }

  /** What the client gets instead of the next reply, or null. */
  public byte @Nullable [] answer() {
    return requests.peek().answer;
  }

  /** Whether Redis would only queue a request that is sent now. */
  public boolean isInTransaction() {
    return transaction != null;
  }

  /**
   * Notes that the client's input is not valid RESP. Redis should answer with an error and close
   * the connection. If it does not, it goes on reading input that the proxy cannot parse. So assume
   * from now on that anything may be written.
   */
  public void addBroken() {
    streaming = true;
    streamed.add(Writes.EVERYTHING);
    streamed.add(Writes.ACCESS);
  }

  /**
   * Adds a request of the client.
   *
   * @return whether to send it to Redis. A complete CLIENT REPLY OFF or SKIP is handled here as
   *     long as replies can be told apart, so that Redis still replies to each request
   */
  public boolean add(Request request) {
    Command command = request.command();
    streaming |= isInDoubt(command, request);
    if (!streaming
        && request.isWhole()
        && command.kind() == Command.Kind.CLIENT
        && replyMode.apply(request)) {
      return false;
    }
    if (command.kind() == Command.Kind.RESET) {
      replyMode.reset();
    }
    Pin left = Pin.of(command, request);
    lasting = left == Pin.NONE ? lasting : left;
    boolean isQueued = transaction != null;
    Runnable change = state.requested(request, isQueued);
    Writes writes = transactional(command, request.writes());
    if (streaming) {
      streamed.add(writes);
    } else {
      boolean onlyQueued = isQueued && command.kind() != Command.Kind.RESET;
      Command known = onlyQueued ? Command.UNLISTED : command;
      Awaited added = new Awaited(writes, replyMode.suppressesNext(), known, request.count() - 1);
      added.change = change;
      added.blind = known.isBlind(request);
      noteIds(added, command, request, isQueued);
      added.waits = !onlyQueued && command.mayWait(request);
      waiting += added.waits ? 1 : 0;
      requests.add(added);
    }
    return true;
  }

  private static void noteIds(Awaited added, Command command, Request request, boolean isQueued) {
    switch (command.kind()) {
      case EXEC, DISCARD, RESET -> {
        added.isExec = command.kind() == Command.Kind.EXEC;
        added.endsTransaction = true;
      }
      default -> {
        ClientIdReply ids = ClientIdReply.to(command, request);
        if (isQueued) {
          added.queuedIds = ids;
        } else {
          added.ids = ids;
        }
      }
    }
  }

  /** Whether the next reply, which begins with this byte, contains client ids. */
  public boolean namesIds(byte type) {
    Awaited request = requests.peek();
    return request != null
        && type != '>'
        && (request.ids != ClientIdReply.NONE || request.isExec && !queuedIds.isEmpty());
  }

  /**
   * Replaces the client ids in the next reply. Call this once the reply is complete, and before
   * {@link #replied}.
   */
  public ByteBuf rewriteIds(ByteBuf reply, ClientIdReply.Ids ids) {
    Awaited request = requests.element();
    return request.isExec
        ? ClientIdReply.rewriteAll(reply, queuedIds, ids)
        : request.ids.rewrite(reply, ids);
  }

  private void noteQueue(Awaited request, byte type) {
    if (request.endsTransaction) {
      queued = 0;
      queuedIds.clear();
    } else if (request.queuedIds != null && type == '+') {
      if (request.queuedIds != ClientIdReply.NONE) {
        queuedIds.put(queued, request.queuedIds);
      }
      queued++;
    }
  }

  /**
   * Whether replies can no longer be matched after this request. In a transaction, CLIENT REPLY
   * takes effect in Redis itself, and the subscribe family confirms out of order. REPLCONF may get
   * no reply, and SYNC gets a reply that is not RESP. If a request has too many arguments, it may
   * be passed on before its name is known.
   */
  private boolean isInDoubt(Command command, Request request) {
    if (request.count() == 0) {
      return true;
    }
    return switch (command.kind()) {
      case DOUBTFUL -> true;
      case CLIENT -> transaction != null && ClientReplyMode.isReply(request);
      case SUBSCRIBES -> transaction != null;
      default -> false;
    };
  }

  /**
   * Returns what is written when this request is answered. Adds what it writes to the open
   * transaction. For EXEC, returns what the whole transaction writes.
   */
  private Writes transactional(Command command, Writes writes) {
    switch (command.kind()) {
      case MULTI:
        transaction = transaction == null ? new Writes.Sum() : transaction;
        return writes;
      case EXEC:
        Writes written = transaction == null ? Writes.NOTHING : transaction.total();
        transaction = null;
        return written;
      case DISCARD, RESET:
        transaction = null;
        return writes;
      default:
        if (transaction != null) {
          transaction.add(writes);
        }
        return writes;
    }
  }

  /**
   * Whether to keep the next reply, which begins with this byte, from the client. The client always
   * gets pushes, and in RESP2 every array that may be a message.
   */
  public boolean isSilent(byte type) {
    if (requests.isEmpty() || !requests.peek().silent || type == '>') {
      return false;
    }
    return type != '*' || !requests.peek().is(Command.Kind.SUBSCRIBES) && !subscriptions.any();
  }

  /** Handles a complete reply. Returns what its request wrote. */
  public Writes replied(ReplyFramer reply) {
    if (isOutOfBand(reply) || requests.isEmpty()) {
      // A message or an invalidation reveals data. RESET would end these without another reply.
      told = true;
      return Writes.NOTHING;
    }
    Awaited request = requests.peek();
    boolean isError = reply.type() == '-';
    if (request.is(Command.Kind.SUBSCRIBES) && !isError && !isConfirmed(request, reply)) {
      return Writes.NOTHING;
    }
    requests.remove();
    background -= request.background ? 1 : 0;
    waiting -= request.waits ? 1 : 0;
    noteQueue(request, reply.type());
    if (request.number != null && reply.type() == ':') {
      request.number.accept(reply.lastInteger());
    }
    told |= request.revealsData(reply);
    if (!isError) {
      accepted(request);
    } else if (request.refused != null) {
      request.refused.run();
    } else if (request.is(Command.Kind.MULTI)) {
      refused();
    }
    return request.writes;
  }

  private void accepted(Awaited request) {
    if (request.change != null) {
      request.change.run();
    }
    loggedIn |= request.is(Command.Kind.AUTH) || request.is(Command.Kind.HELLO);
    if (request.is(Command.Kind.RESET)) {
      loggedIn = false;
      subscriptions.clear();
    } else if (request.is(Command.Kind.STREAMS)) {
      stream();
    }
  }

  /**
   * Redis refused MULTI. Requests that were sent after it were recorded as queued, so their replies
   * can no longer be matched.
   */
  private void refused() {
    transaction = null;
    if (!requests.isEmpty()) {
      stream();
    }
  }

  private boolean isConfirmed(Awaited request, ReplyFramer reply) {
    if (request.confirmations == 0) {
      request.confirmations = subscriptions.confirmationsOfAll(request.command.name());
    }
    subscriptions.confirmed(request.command.name(), reply.lastInteger());
    return --request.confirmations == 0;
  }

  private boolean isOutOfBand(ReplyFramer reply) {
    return switch (reply.type()) {
      case '>' -> requests.isEmpty() || !isConfirmation(requests.peek(), reply);
      case '*' -> subscriptions.any() && MESSAGES.contains(reply.kind());
      default -> false;
    };
  }

  private static boolean isConfirmation(Awaited request, ReplyFramer reply) {
    return request.is(Command.Kind.SUBSCRIBES) && reply.kind().equals(request.command.name());
  }

  /**
   * What requests without a reply may have written, including those whose replies are not matched.
   */
  public Writes writes() {
    Writes.Sum all = new Writes.Sum();
    all.add(streamed.total());
    for (Awaited request : requests) {
      all.add(request.writes);
    }
    return all.total();
  }
}
