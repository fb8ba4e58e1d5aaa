package redisproxy.upstream.node;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redisproxy.command.Pin;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;
import redisproxy.upstream.connection.RedisConnection;

/**
 * A dedicated connection: one session at a time uses it. It belongs to one session for good, or to
 * a {@link ConnectionPool}, which lends it to sessions one after another. It remembers what the
 * next session has to know: its id, its database and its version of RESP. Belongs to one event
 * loop.
 */
public final class DedicatedConnection implements RedisConnection.Receiver {
  /** Null if the connection belongs to one session for good. */
  private final @Nullable ConnectionPool pool;

  /** Which renewal of the pool it was opened in. */
  private final int renewal;

  @SuppressWarnings("NullAway.Init") // set before anything is received
  private RedisConnection redis;

  /** Null while no session uses it. */
  private RedisConnection.@Nullable Receiver session;

  /** Why the session keeps it. */
  private Pin pin = Pin.NONE;

  private boolean lent = true;
  private boolean used;
  private long id;
  private int db;
  private boolean resp3;

  /** How many replies to requests of the pool are still to come. */
  private int cleaning;

  /** It was opened in advance, and is not connected yet. */
  private boolean warming;

  private boolean connected;

  private final ReplyFramer framer = new ReplyFramer();

  DedicatedConnection(@Nullable ConnectionPool pool, int renewal) {
    this.pool = pool;
    this.renewal = renewal;
  }

  void redis(RedisConnection opened) {
    redis = opened;
  }

  /** A session begins to use it. */
  public void lendTo(RedisConnection.Receiver receiver) {
    session = receiver;
    lent = true;
    used = true;
  }

  /** Whether the session gives it back, or has it for good. */
  public boolean isPooled() {
    return pool != null;
  }

  /** Whether no session has used it before. */
  public boolean isNew() {
    return !used;
  }

  int renewal() {
    return renewal;
  }

  /** Redis's id of the connection; 0 while it is unknown. */
  public long id() {
    return id;
  }

  /** Redis has said its id. */
  public void id(long known) {
    id = known;
  }

  /** The database that it is in. */
  public int db() {
    return db;
  }

  /** Whether it speaks RESP3. */
  public boolean isResp3() {
    return resp3;
  }

  // For the session

  /** Why the session keeps the connection, if it does. */
  public void pin(Pin now) {
    if (pool != null && lent && pin != now) {
      Pin before = pin;
      pin = now;
      pool.pin(before, now);
    }
  }

  /**
   * The session does not use the connection any more. Nothing is under way on it, and it has no
   * state but this.
   *
   * @param database the database that it is in
   * @param isResp3 whether it speaks RESP3
   * @param toClean requests that undo what is left; the pool lends the connection again only when
   *     Redis has accepted all of them
   */
  public void giveBack(int database, boolean isResp3, List<byte[]> toClean) {
    session = null;
    db = database;
    resp3 = isResp3;
    pin(Pin.NONE);
    setReading(true);
    if (toClean.isEmpty()) {
      giveBack();
    } else {
      toClean.forEach(this::clean);
      flush();
    }
  }

  private void clean(byte[] request) {
    cleaning++;
    write(Unpooled.wrappedBuffer(request));
  }

  /** It is opened in advance. Nothing is sent over it before a session has it. */
  void warm() {
    warming = true;
  }

  private void giveBack() {
    lent = false;
    endWarming();
    if (pool != null && !pool.giveBack(this)) {
      close();
    }
  }

  public void write(ByteBuf data) {
    redis.write(data);
  }

  public void flush() {
    redis.flush();
  }

  public boolean keepAlive() {
    return redis.keepAlive();
  }

  public boolean isWritable() {
    return redis.isWritable();
  }

  public boolean isConnected() {
    return redis.isConnected();
  }

  public void setReading(boolean reading) {
    redis.setReading(reading);
  }

  /** Ends the output; {@code lost} follows. */
  public void endOutput() {
    redis.endOutput();
  }

  /** Closes at once; the session is not called any more. */
  public void close() {
    redis.close();
    ended();
  }

  private void endWarming() {
    if (pool != null && warming) {
      warming = false;
      pool.warmed();
    }
  }

  private void ended() {
    endWarming();
    if (pool != null && lent) {
      lent = false;
      pool.closed(pin);
    } else if (pool != null) {
      pool.idleClosed(this);
    }
  }

  // From Redis

  @Override
  public void received(ByteBuf data) {
    if (session != null) {
      session.received(data);
      return;
    }
    try {
      clean(data);
    } finally {
      data.release();
    }
  }

  /**
   * Reads the replies to the requests of the pool. Any other data ends the connection, and so does
   * an error.
   */
  private void clean(ByteBuf data) {
    try {
      while (data.isReadable()) {
        if (cleaning == 0) {
          close();
          return;
        }
        if (framer.feed(data)) {
          cleaning--;
          if (framer.type() == '-') {
            close();
            return;
          }
        }
      }
    } catch (ProtocolError notResp) {
      close();
      return;
    }
    if (cleaning == 0 && lent) {
      giveBack();
    }
  }

  @Override
  public void receivedAll() {
    if (session != null) {
      session.receivedAll();
    }
  }

  @Override
  public void writable() {
    if (pool != null && !connected) {
      connected = true;
      pool.connected();
    }
    if (warming) {
      giveBack();
    }
    if (session != null) {
      session.writable();
    }
  }

  @Override
  public void lost(@Nullable Throwable cause) {
    if (pool != null && !redis.isConnected()) {
      pool.unreachable();
    }
    ended();
    if (session != null) {
      session.lost(cause);
    }
  }
}
