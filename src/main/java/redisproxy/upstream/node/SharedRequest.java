package redisproxy.upstream.node;

import redisproxy.command.Writes;

/** A request that has gone over a {@link SharedConnection}. */
final class SharedRequest {
  final SharedConnections.Sender sender;
  final int ticket;
  final Writes writes;

  /** When it was asked, as far as its turn of the event loop tells, by {@link System#nanoTime}. */
  final long sentAt;

  /** Filled in when it has come. */
  byte[] reply = {};

  SharedRequest(SharedConnections.Sender sender, int ticket, Writes writes, long sentAt) {
    this.sender = sender;
    this.ticket = ticket;
    this.writes = writes;
    this.sentAt = sentAt;
  }
}
