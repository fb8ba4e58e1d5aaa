package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import redisproxy.command.Command;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.upstream.node.Call;
import redisproxy.upstream.node.SharedConnections;

/**
 * The shared route sends short requests such as SET, INCR and EXPIRE over a connection that many
 * sessions share. It serves sessions without a dedicated connection.
 *
 * <p>Redis may read the shared connection and the loader's connections in any order. So the session
 * forwards nothing while a cache read is under way, and reads nothing while a forwarded request is.
 * It also forwards nothing while earlier requests are under way on a shared connection that has
 * been replaced.
 */
final class SharedRoute implements Call.Receiver, ReadBarrier.Source {
  /** A longer request, in bytes, goes over a dedicated connection. */
  private static final int MAX_REQUEST = 16 * 1024;

  private final ClientConnection connection;
  private final OrderedReplies replies;
  private final SharedConnections sharedConnections;
  private final ConnectionState state;
  private final Handshake handshake;

  /** Ends the session after the requests that were read. */
  private final Runnable quit;

  private int outstanding;

  /** The count of renewals of the shared connections when a request was last forwarded. */
  private int renewals;

  /** A reply has revealed, or may reveal, data of Redis to the client. */
  private boolean observed;

  private boolean gone;

  SharedRoute(
      ClientConnection connection,
      OrderedReplies replies,
      SharedConnections sharedConnections,
      ConnectionState state,
      Handshake handshake,
      Runnable quit) {
    this.connection = connection;
    this.replies = replies;
    this.sharedConnections = sharedConnections;
    this.state = state;
    this.handshake = handshake;
    this.quit = quit;
  }

  /** Whether every forwarded request is answered. */
  @Override
  public boolean isQuiet() {
    return outstanding == 0;
  }

  @Override
  public boolean hasObserved() {
    return observed;
  }

  @Override
  public void forgetObserved() {
    observed = false;
  }

  /**
   * Whether requests are under way on a replaced connection. Redis might execute a new request, on
   * the new connection, before them.
   */
  boolean awaitsOldConnection() {
    return outstanding > 0 && renewals != sharedConnections.renewals();
  }

  /**
   * Forwards a request if this route may take it.
   *
   * @param input its reader index is at the start of the request
   */
  boolean forward(Request request, ByteBuf input) {
    Command command = request.command();
    if (!command.isTerse(request)
        || request.size() > MAX_REQUEST
        || !state.isHome()
        || awaitsOldConnection()
        || replies.isReading()) {
      return false;
    }
    boolean isResp3 = state.isResp3();
    int start = input.readerIndex();
    int end = start + request.size();
    if (!sharedConnections.send(
        isResp3, input, start, end, request.writes(), this, replies.accepted())) {
      return false;
    }
    renewals = sharedConnections.renewals();
    replies.awaitReply();
    handshake.forwarded();
    outstanding++;
    observed |= !command.isBlind(request);
    return true;
  }

  @Override
  public void answered(int ticket, byte[] reply) {
    if (!gone) {
      outstanding--;
      observed |= reply[0] != '+';
      replies.replied(ticket, reply);
    }
  }

  @Override
  public void answersEnd() {
    connection.advance();
  }

  /** Ends the session with an error, so that the client notices the lost connection. */
  @Override
  public void lost(int ticket, boolean wasConnected) {
    if (!gone) {
      outstanding--;
      replies.replied(ticket, FailureReply.lost(wasConnected));
      quit.run();
      connection.advance();
    }
  }

  @Override
  public void broken(Throwable fault) {
    connection.broken(fault);
  }

  /** The client is gone. */
  void close() {
    gone = true;
  }
}
