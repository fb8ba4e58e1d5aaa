package redisproxy.upstream.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.Read;
import redisproxy.log.LogKey;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.RequestConnection;
import redisproxy.upstream.connection.Transport;

/**
 * Streams one value from Redis to a client, or the reply to another {@link Read}. At any time it
 * holds only the bytes of one read of the socket. Belongs to one event loop.
 */
public final class ValueStream implements RequestConnection.Receiver<Key> {
  /**
   * Where the value goes. Exactly one of {@link #missing}, {@link #failed} and {@link #end} comes
   * last.
   */
  public interface Sink {
    /** What follows is not a bare value but a reply as RESP, perhaps an error. */
    long REPLY = -1;

    /**
     * A value begins.
     *
     * @param length the length of the value, or {@link #REPLY}
     */
    void begin(long length, ValueStream stream);

    /** The next bytes of the value, or of the reply. */
    void data(Buffer data);

    /** Whether the stream must pause until {@link ValueStream#resume}. */
    boolean isFull();

    /** The value is complete. */
    void end();

    /** There is no such key. */
    void missing();

    /** There is no value, or, after {@link #begin}, no more of it. */
    void failed(Failure failure);
  }

  private static final Logger LOG = LoggerFactory.getLogger(ValueStream.class);

  /** The error text for clients when there is no connection to Redis. */
  public static final String UNREACHABLE = "Redis cannot be reached";

  /**
   * A stream without data fails after this many load timeouts. Redis needs a moment to begin a
   * large reply, so one would be too short.
   */
  private static final int STALLED_DEADLINES = 5;

  /**
   * A stream fails after its client has not read for this many times {@link #STALLED_DEADLINES}.
   * Until then it holds a stream permit, and Redis holds a copy of the value.
   */
  private static final int UNREAD_TIMES = 24;

  /** The longest first line of a reply, in bytes: that of an error. */
  private static final int MAX_LINE = 16 * 1024;

  private static final byte[] GET = {'G', 'E', 'T'};

  private static final Pattern BULK = Pattern.compile("\\$[0-9]{1,18}");

  private final Vertx vertx;
  private final Transport transport;
  private final Key key;

  /** What is read of the key; null for GET. */
  private final @Nullable Read read;

  private final Sink sink;
  private final Consumer<Key> seen;
  private final Runnable closed;
  private final StringBuilder line = new StringBuilder();

  private @Nullable RequestConnection<Key> connection;

  /** Checks for progress; null until the connection is open. */
  private @Nullable Long timer;

  private boolean progressed;
  private int idleTimes;
  private boolean paused;
  private boolean done;

  /** Bytes of the value still to come, including its CRLF; -1 before it begins. */
  private long remaining = -1;

  ValueStream(
      Vertx vertx,
      Transport transport,
      Key key,
      @Nullable Read read,
      Sink sink,
      Consumer<Key> seen,
      Runnable closed) {
    this.vertx = vertx;
    this.transport = transport;
    this.key = key;
    this.read = read;
    this.sink = sink;
    this.seen = seen;
    this.closed = closed;
  }

  /** Asks for the value. */
  void open() {
    boolean isResp3 = read != null && read.has(Read.RESP3);
    int greetings = Greeting.commands(transport.redis(), key.db(), isResp3);
    byte[] greeting = Greeting.of(transport.redis(), key.db(), isResp3);
    connection = new RequestConnection<>(transport::open, greeting, greetings, 0, this);
    Buffer request = Buffer.buffer();
    if (read == null) {
      Greeting.append(request, GET, key.bytes());
    } else {
      ReplyLoad.append(request, key, read);
    }
    connection.write(Unpooled.wrappedBuffer(request.getBytes()), key);
    connection.flush();
  }

  @Override
  public void connected() {
    long deadline = transport.redis().loadTimeout().toMillis() * STALLED_DEADLINES;
    timer = vertx.setPeriodic(deadline, id -> checkProgress());
  }

  /** The sink has room again. */
  public void resume() {
    if (paused && !done && connection != null) {
      paused = false;
      connection.setReading(true);
    }
  }

  /**
   * Cancels the stream; the sink is not called any more.
   *
   * @return false if the stream had ended before
   */
  public boolean cancel() {
    boolean wasOpen = !done;
    end(() -> {});
    return wasOpen;
  }

  @Override
  public void reply(Key asked, byte type, ByteBuf from, int start, int length) {
    part(asked, type, from, start, length, true);
  }

  @Override
  public void part(Key asked, byte type, ByteBuf from, int start, int length, boolean isLast) {
    progressed = true;
    if (read != null) {
      replyPart(read, from, start, length, isLast);
    }
    int position = read != null ? start + length : start;
    while (!done && position < start + length) {
      position = remaining >= 0 ? value(from, position, start + length) : header(from, position);
    }
    if (!done && connection != null && sink.isFull()) {
      paused = true;
      connection.setReading(false);
    }
  }

  private void replyPart(Read of, ByteBuf from, int start, int length, boolean isLast) {
    if (remaining < 0) {
      remaining = 0;
      // A session waits for a fence after a relayed reply. The values of several keys stay.
      if (!of.has(Read.KEYS)) {
        seen.accept(key);
      }
      sink.begin(Sink.REPLY, this);
    }
    if (!done) {
      byte[] bytes = new byte[length];
      from.getBytes(start, bytes);
      sink.data(Buffer.buffer(bytes));
    }
    if (isLast) {
      end(sink::end);
    }
  }

  private int value(ByteBuf data, int position, int end) {
    int payload = (int) Math.min(remaining - 2, end - position);
    if (payload > 0) {
      remaining -= payload;
      byte[] bytes = new byte[payload];
      data.getBytes(position, bytes);
      sink.data(Buffer.buffer(bytes));
      return position + payload;
    }
    remaining--;
    if (remaining == 0) {
      end(sink::end);
    }
    return position + 1;
  }

  private int header(ByteBuf data, int position) {
    byte b = data.getByte(position);
    if (b == '\n' && line.length() > 1) {
      String text = line.substring(0, line.length() - 1);
      line.setLength(0);
      reply(text);
    } else {
      line.append((char) (b & 0xff));
    }
    if (line.length() > MAX_LINE) {
      failed("a reply that is not RESP");
    }
    return position + 1;
  }

  private void reply(String text) {
    seen.accept(key);
    if (text.startsWith("-")) {
      end(() -> sink.failed(new Failure(Failure.Kind.REDIS, text.substring(1))));
    } else if (text.equals("$-1") || text.equals("_")) {
      end(sink::missing);
    } else if (BULK.matcher(text).matches()) {
      long length = Long.parseLong(text.substring(1));
      remaining = length + 2;
      sink.begin(length, this);
    } else {
      failed("a reply that is no string");
    }
  }

  private void checkProgress() {
    idleTimes = progressed ? 0 : idleTimes + 1;
    progressed = false;
    if (idleTimes >= (paused ? UNREAD_TIMES : 1)) {
      String who = paused ? "the client" : "Redis";
      end(
          () ->
              sink.failed(
                  new Failure(Failure.Kind.TIMEOUT, who + " stopped in the middle of a value")));
    }
  }

  private void failed(String reason) {
    LOG.atDebug().addKeyValue(LogKey.REASON, reason).log("large value lost");
    end(() -> sink.failed(new Failure(Failure.Kind.UNREACHABLE, UNREACHABLE)));
  }

  private void end(Runnable last) {
    if (!done) {
      done = true;
      release();
      last.run();
    }
  }

  private void release() {
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
    if (connection != null) {
      connection.close();
    }
    closed.run();
  }

  @Override
  public void ended(RequestConnection.End end, List<Key> unanswered) {
    switch (end.kind()) {
      case REFUSED -> end(() -> sink.failed(new Failure(Failure.Kind.REDIS, end.text())));
      case NOT_RESP -> failed("a reply that is not RESP");
      case LOST -> failed(transport.reason(end.cause()));
    }
  }
}
