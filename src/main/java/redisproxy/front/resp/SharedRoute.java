package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import redisproxy.command.Command;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.upstream.node.Call;
import redisproxy.upstream.node.SharedConnections;

/**
 * The shared route: sends short requests such as SET, INCR and EXPIRE over a connection that many
 * sessions share, for a session that has no dedicated one.
 *
 * <p>Redis may read that connection and the loader's in any order. So the session forwards nothing
 * while a read is under way, and reads nothing while a forwarded request is. It also forwards
 * nothing while earlier requests are under way on a shared connection that was replaced since.
 */
final class SharedRoute implements Call.Receiver, ReadBarrier.Source {
  /** A longer request, in bytes, goes through a dedicated connection. */
  private static final int MAX_REQUEST = 16 * 1024;

  private final ClientConnection connection;
  private final OrderedReplies cached;
  private final SharedConnections sharedConnections;
  private final ConnectionState state;
  private final Handshake handshake;

  /** Ends the session behind what was read of it. */
  private final Runnable quit;

  private int outstanding;

  /** How often the shared connections had been renewed when a request was last forwarded. */
  private int renewals;

  /** A reply has told the client something of what is in Redis. */
  private boolean told;

  private boolean gone;

  SharedRoute(
      ClientConnection connection,
      OrderedReplies cached,
      SharedConnections sharedConnections,
      ConnectionState state,
      Handshake handshake,
      Runnable quit) {
    this.connection = connection;
    this.cached = cached;
    this.sharedConnections = sharedConnections;
    this.state = state;
    this.handshake = handshake;
    this.quit = quit;
  }

  /** Whether everything forwarded is answered. */
  @Override
  public boolean isQuiet() {
    return outstanding == 0;
  }

  @Override
  public boolean hasTold() {
    return told;
  }

  @Override
  public void forgetTold() {
    told = false;
  }

  /** What is sent now might be read before what was sent last, by Redis at another connection. */
  boolean isBetweenTwo() {
    return outstanding > 0 && renewals != sharedConnections.renewals();
  }

  /**
   * Forwards a request if it may be.
   *
   * @param input has its reader index before the request
   */
  boolean forward(Request request, ByteBuf input) {
    Command command = request.command();
    if (!command.isTerse(request)
        || request.size() > MAX_REQUEST
        || !state.isHome()
        || isBetweenTwo()
        || cached.isReading()) {
      return false;
    }
    boolean isResp3 = state.isResp3();
    int start = input.readerIndex();
    int end = start + request.size();
    if (!sharedConnections.send(
        isResp3, input, start, end, request.writes(), this, cached.accepted())) {
      return false;
    }
    renewals = sharedConnections.renewals();
    cached.awaitReply();
    handshake.forwarded();
    outstanding++;
    told |= !command.isBlind(request);
    return true;
  }

  @Override
  public void answered(int ticket, byte[] reply) {
    if (!gone) {
      outstanding--;
      told |= reply[0] != '+';
      cached.replied(ticket, reply);
    }
  }

  @Override
  public void answersEnd() {
    connection.advance();
  }

  /** As after any connection that is lost, the client knows by its end. */
  @Override
  public void lost(int ticket, boolean wasConnected) {
    if (!gone) {
      outstanding--;
      cached.replied(ticket, FailureReply.lost(wasConnected));
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
