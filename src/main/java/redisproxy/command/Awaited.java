package redisproxy.command;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.ReplyFramer;

/** A request that has gone to Redis, and what its reply will mean. */
final class Awaited {
  /** What it may have written. */
  final Writes writes;

  /** Its reply is not for the client. */
  final boolean silent;

  /** The command, or what is not listed where its reply only says that it was queued. */
  final Command command;

  /** Confirmations to come; 0 while it is not known how many. */
  int confirmations;

  /** What the client gets in place of its reply, or null. */
  byte @Nullable [] answer;

  /** What happens when it is answered without an error, or null. */
  @Nullable Runnable change;

  /** Redis may keep it waiting for long, or answers with a stream. */
  boolean waits;

  /** Nobody waits for it: a PING that keeps the connection, or a question of the proxy's own. */
  boolean background;

  /** Where its reply names connections by their ids. */
  ClientIdReply ids = ClientIdReply.NONE;

  /** The same of its element in the reply to EXEC, which it is queued for. */
  @Nullable ClientIdReply queuedIds;

  /** It is the EXEC of a transaction, or ends one in another way. */
  boolean isExec;

  boolean endsQueue;

  /** Is told the number that it is answered with, or null. */
  @Nullable LongConsumer number;

  /** A simple string in reply tells nothing of what is in Redis. */
  boolean blind;

  Awaited(Writes writes, boolean silent, Command command, int confirmations) {
    this.writes = writes;
    this.silent = silent;
    this.command = command;
    this.confirmations = confirmations;
  }

  /** One that the client has not made, or that the proxy answers. */
  static Awaited own(byte @Nullable [] answer) {
    Awaited own = new Awaited(Writes.NOTHING, true, Command.UNLISTED, 1);
    own.answer = answer;
    own.blind = true;
    return own;
  }

  boolean is(Command.Kind kind) {
    return command.kind() == kind;
  }

  /** Whether this reply to it tells the client something of what is in Redis. */
  boolean tells(ReplyFramer reply) {
    boolean isOwn = command == Command.UNLISTED;
    return !blind || !(isOwn || is(Command.Kind.HELLO) || reply.type() == '+');
  }
}
