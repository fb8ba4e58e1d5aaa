package redisproxy.upstream.node;

import redisproxy.command.Writes;

/** A request under way on a {@link SharedConnection}, and the place its reply goes to. */
public final class Call {
  /** The session that made the calls, told on the event loop. */
  public interface Receiver {
    /** The reply to the call of this ticket is there; what the call has written is invalidated. */
    void answered(int ticket, byte[] reply);

    /** No more replies come in this turn of the event loop. */
    void answersEnd();

    /**
     * There will be no reply.
     *
     * @param wasConnected whether Redis was there, so that what was asked may have been done
     */
    void lost(int ticket, boolean wasConnected);

    /** One of the above threw this: a fault of the proxy, which must not cost others theirs. */
    void broken(Throwable fault);
  }

  final Receiver receiver;

  /** The place of the reply among the session's replies. */
  final int ticket;

  final Writes writes;

  /** When it was sent, as far as its turn of the event loop tells, by {@link System#nanoTime}. */
  final long sentAt;

  /** Filled in when it has come. */
  byte[] reply = {};

  Call(Receiver receiver, int ticket, Writes writes, long sentAt) {
    this.receiver = receiver;
    this.ticket = ticket;
    this.writes = writes;
    this.sentAt = sentAt;
  }
}
