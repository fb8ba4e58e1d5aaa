package redisproxy.upstream.node;

import redisproxy.command.Writes;

/** A request under way on a {@link SharedConnection}, and the place its reply goes to. */
public final class Call {
  /** The session that made the calls. Its methods run on the event loop. */
  public interface Receiver {
    /**
     * The reply to the call with this ticket has come. The keys that the call wrote are already
     * invalidated.
     */
    void answered(int ticket, byte[] reply);

    /** No more replies come in this turn of the event loop. */
    void answersEnd();

    /**
     * There will be no reply.
     *
     * @param wasConnected whether Redis was connected, so that it may have executed the call
     */
    void lost(int ticket, boolean wasConnected);

    /**
     * One of the methods above threw this. It is a fault of the proxy; other receivers still get
     * their replies.
     */
    void broken(Throwable fault);
  }

  final Receiver receiver;

  /** The place of the reply among the session's replies. */
  final int ticket;

  final Writes writes;

  /** When the event-loop turn began that sends it, by {@link System#nanoTime}. */
  final long sentAt;

  /** Empty until the reply has come. */
  byte[] reply = {};

  Call(Receiver receiver, int ticket, Writes writes, long sentAt) {
    this.receiver = receiver;
    this.ticket = ticket;
    this.writes = writes;
    this.sentAt = sentAt;
  }
}
