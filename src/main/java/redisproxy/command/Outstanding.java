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
 * The requests a session has sent to Redis and that have no reply yet: tells which reply belongs to
 * which, and what has been written when it is there. Knows what changes that: transactions, the
 * subscribe family, MONITOR and PSYNC, CLIENT REPLY.
 */
public final class Outstanding {
  private static final Set<String> MESSAGES = Set.of("message", "pmessage", "smessage");

  private final ArrayDeque<Awaited> requests = new ArrayDeque<>();
  private final ConnectionState state;
  private final Subscriptions subscriptions = new Subscriptions();

  /** What the commands of the open transaction write; null outside of one. */
  private Writes.@Nullable Sum transaction;

  private final Silence silence = new Silence();

  /** How many commands the open transaction has queued, and those whose replies name ids. */
  private int queued;

  private final Map<Integer, ClientIdReply> queuedIds = new HashMap<>();

  /** Redis has accepted a log-in. */
  private boolean loggedIn;

  /** Replies to what is sent from now on cannot be told from what else Redis sends. */
  private boolean streaming;

  /** How many of the requests nobody waits for: see {@link Awaited#background}. */
  private int background;

  /** A reply has told the client something of what is in Redis. */
  private boolean told;

  /** What has been written since then. */
  private final Writes.Sum streamed = new Writes.Sum();

  /** The requests of one connection; its state goes with them. */
  public Outstanding(ConnectionState state) {
    this.state = state;
  }

  /** What the client's requests have made of the connection. */
  public ConnectionState state() {
    return state;
  }

  /** Whether everything is answered that somebody waits for. */
  public boolean isAnswered() {
    return requests.size() == background;
  }

  /**
   * Whether everything is answered and a GET that came now would get of Redis what anybody would
   * get.
   */
  public boolean isQuiet() {
    return isAnswered()
        && transaction == null
        && !silence.isAsked()
        && !streaming
        && !subscriptions.any()
        && state.isPlain();
  }

  /** Whether a reply has told the client something of what is in Redis, since the last time. */
  public boolean hasTold() {
    return told;
  }

  /** Sets whether one has. */
  public void setTold(boolean hasTold) {
    told = hasTold;
  }

  public int size() {
    return requests.size();
  }

  /** Whether Redis may keep one of them waiting for long, or answers one with a stream. */
  public boolean mayWait() {
    return streaming || requests.stream().anyMatch(request -> request.waits);
  }

  /** Whether replies are no longer told apart. */
  public boolean isStreaming() {
    return streaming && requests.isEmpty();
  }

  /** Whether the replies to what is sent now will not be told apart. */
  public boolean isInDoubt() {
    return streaming;
  }

  /** From now on replies are not told apart. */
  public void stream() {
    streaming = true;
    requests.forEach(request -> streamed.add(request.writes));
    requests.clear();
    background = 0;
  }

  /** A request that is not the client's, nor is its reply. */
  public void addOwn() {
    requests.add(Awaited.own(null));
  }

  /** The same; it holds nothing up, and the number that it is answered with is told. */
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

  /** A PING that only keeps the connection; it holds nothing up. */
  public void addPing() {
    addBackground();
  }

  /**
   * A request that the proxy answers: Redis is sent something else for it, which it refuses, and
   * this takes the place of the refusal.
   */
  public void addAnswered(byte[] answer) {
    requests.add(Awaited.own(silence.covers() ? null : answer));
  }

  /** What the client gets in place of a reply that is not for it, or null. */
  public byte @Nullable [] answer() {
    return requests.peek().answer;
  }

  /** Whether Redis only queues what is sent now. */
  public boolean isInTransaction() {
    return transaction != null;
  }

  /**
   * The client's input is not RESP, as far as can be told here. Redis will say so and close; if it
   * does not, it goes on reading what cannot be followed, so from now on anything may be written.
   */
  public void addBroken() {
    streaming = true;
    streamed.add(Writes.EVERYTHING);
    streamed.add(Writes.ACCESS);
  }

  /**
   * A request of the client.
   *
   * @return whether it is to go to Redis: CLIENT REPLY OFF and SKIP, when whole, are done here, so
   *     that each request has its reply, as long as replies are told apart
   */
  public boolean add(Request request) {
    Command command = request.command();
    streaming |= isInDoubt(command, request);
    if (!streaming
        && request.isWhole()
        && command.kind() == Command.Kind.CLIENT
        && silence.does(request)) {
      return false;
    }
    if (command.kind() == Command.Kind.RESET) {
      silence.reset();
    }
    boolean isQueued = transaction != null;
    Runnable change = state.requested(request, isQueued);
    Writes writes = transactional(command, request.writes());
    if (streaming) {
      streamed.add(writes);
    } else {
      boolean onlyQueued = isQueued && command.kind() != Command.Kind.RESET;
      Command known = onlyQueued ? Command.UNLISTED : command;
      Awaited added = new Awaited(writes, silence.covers(), known, request.count() - 1);
      added.change = change;
      added.blind = known.isBlind(request);
      noteIds(added, command, request, isQueued);
      added.waits = !onlyQueued && command.mayWait(request);
      requests.add(added);
    }
    return true;
  }

  private static void noteIds(Awaited added, Command command, Request request, boolean isQueued) {
    switch (command.kind()) {
      case EXEC, DISCARD, RESET -> {
        added.isExec = command.kind() == Command.Kind.EXEC;
        added.endsQueue = true;
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

  /** Whether the reply that begins with this byte names connections by their ids. */
  public boolean namesIds(byte type) {
    Awaited request = requests.peek();
    return request != null
        && type != '>'
        && (request.ids != ClientIdReply.NONE || request.isExec && !queuedIds.isEmpty());
  }

  /** Puts other ids into such a reply, which is whole but not yet {@link #replied}. */
  public ByteBuf rewriteIds(ByteBuf reply, ClientIdReply.Ids ids) {
    Awaited request = requests.element();
    return request.isExec
        ? ClientIdReply.rewriteAll(reply, queuedIds, ids)
        : request.ids.rewrite(reply, ids);
  }

  private void noteQueue(Awaited request, byte type) {
    if (request.endsQueue) {
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
   * Whether it can no longer be told which reply belongs to which request. Within a transaction
   * CLIENT REPLY silences Redis itself and the subscribe family confirms out of turn; REPLCONF may
   * get no reply, and SYNC gets what is not RESP. The name of a request with too many arguments may
   * not be known when the request is passed on.
   */
  private boolean isInDoubt(Command command, Request request) {
    if (request.count() == 0) {
      return true;
    }
    return switch (command.kind()) {
      case DOUBTFUL -> true;
      case CLIENT -> transaction != null && Silence.isReply(request);
      case SUBSCRIBES -> transaction != null;
      default -> false;
    };
  }

  /**
   * What is written when this request is answered, the transaction it belongs to or ends taken into
   * account.
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
   * Whether the reply that begins with this byte is not for the client. Pushes, and in RESP2 what
   * may be a message, are for it in any case.
   */
  public boolean isSilent(byte type) {
    if (requests.isEmpty() || !requests.peek().silent || type == '>') {
      return false;
    }
    return type != '*' || !requests.peek().is(Command.Kind.SUBSCRIBES) && !subscriptions.any();
  }

  /** A reply is whole; returns what is written now. */
  public Writes replied(ReplyFramer reply) {
    if (isOutOfBand(reply) || requests.isEmpty()) {
      // A message, or the news that a key was written: RESET would end it and tell nothing more.
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
    noteQueue(request, reply.type());
    if (request.number != null && reply.type() == ':') {
      request.number.accept(reply.lastInteger());
    }
    told |= request.tells(reply);
    if (!isError) {
      accepted(request);
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

  /** Redis did not open the transaction; what was sent on believing that it had is in doubt. */
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

  /** What may have been written by requests that have no reply, those of a stream included. */
  public Writes writes() {
    Writes.Sum all = new Writes.Sum();
    all.add(streamed.total());
    for (Awaited request : requests) {
      all.add(request.writes);
    }
    return all.total();
  }
}
