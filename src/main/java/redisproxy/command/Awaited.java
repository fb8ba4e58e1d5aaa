package redisproxy.command;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.ReplyFramer;

/** A request that was sent to Redis and has no reply yet, and what its reply will mean. */
final class Awaited {
  /** What the request may have written. */
  final Writes writes;

  /** The client does not get the reply. */
  final boolean silent;

  /** The command, or {@link Command#UNLISTED} if the reply only says that it was queued. */
  final Command command;

  /** How many confirmations are still to come; 0 while the number is unknown. */
  int confirmations;

  /** What the client gets instead of Redis's reply, or null. */
  byte @Nullable [] answer;

  /** Runs when the reply is not an error; may be null. */
  @Nullable Runnable change;

  /** Redis may block this request for a long time, or answer with a stream. */
  boolean waits;

  /** No client waits for the reply: a keep-alive PING, or a request of the proxy itself. */
  boolean background;

  /** Runs when Redis refuses a request of the proxy itself; may be null. */
  @Nullable Runnable refused;

  /** Where the reply contains client ids. */
  ClientIdReply ids = ClientIdReply.NONE;

  /** For a queued request: where its element in the reply to EXEC contains client ids. */
  @Nullable ClientIdReply queuedIds;

  boolean isExec;

  /** The request is EXEC, DISCARD or RESET. */
  boolean endsTransaction;

  /** Receives the integer that Redis replies; may be null. */
  @Nullable LongConsumer number;

  /** A simple string in reply reveals nothing about the data in Redis. */
  boolean blind;

  Awaited(Writes writes, boolean silent, Command command, int confirmations) {
    this.writes = writes;
    this.silent = silent;
    this.command = command;
    this.confirmations = confirmations;
  }

  /** A request of the proxy itself, or one that the proxy answers in Redis's place. */
  static Awaited own(byte @Nullable [] answer) {
    Awaited own = new Awaited(Writes.NOTHING, true, Command.UNLISTED, 1);
    own.answer = answer;
    own.blind = true;
    return own;
  }

  boolean is(Command.Kind kind) {
    return command.kind() == kind;
  }

  /** Whether this reply reveals something about the data in Redis to the client. */
  boolean revealsData(ReplyFramer reply) {
    boolean isOwn = command == Command.UNLISTED;
    return !blind || !(isOwn || is(Command.Kind.HELLO) || reply.type() == '+');
  }
}
