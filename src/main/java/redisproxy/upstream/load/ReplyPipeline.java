package redisproxy.upstream.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Failure;
import redisproxy.cache.Load;
import redisproxy.cache.Read;
import redisproxy.config.Settings;
import redisproxy.resp.Reply;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.PendingReplies;
import redisproxy.upstream.connection.RequestConnection;
import redisproxy.upstream.connection.Transport;

/**
 * The reply loads of one database and one version of RESP, over one connection: opened by the first
 * load, and again by the next one after it was lost. Loads of one turn leave in one write.
 *
 * <p>A reply larger than the cache keeps is not collected. If it is much larger, the connection is
 * closed, so that the loads behind it need not wait until all of it has come; they are asked again
 * over a new one.
 *
 * <p>Belongs to the cache verticle's event loop.
 *
 * @param <W> a waiter
 */
final class ReplyPipeline<W> implements RequestConnection.Receiver<ReplyPipeline.Asked<W>> {
  /** How much of a reply is discarded before the connection is closed, in bytes. */
  private static final int MAX_DISCARDED = 256 * 1024;

  /** One request that is sent, and so one reply that is owed. */
  record Asked<W>(ReplyLoad<W> load, ReplyLoad.Part part) {}

  private final Vertx vertx;
  private final Transport transport;
  private final Loader<W> loader;
  private final long timeout;
  private final byte[] greeting;
  private final int greetings;

  /** Null while closed. */
  private @Nullable RequestConnection<Asked<W>> connection;

  /** What leaves when the turn ends, or null. */
  private @Nullable Buffer out;

  private long discarded;
  private long lastUsed;

  ReplyPipeline(Vertx vertx, Transport transport, Loader<W> loader, int db, boolean isResp3) {
    this.vertx = vertx;
    this.transport = transport;
    this.loader = loader;
    Settings.Redis redis = transport.redis();
    this.timeout = redis.loadTimeout().toMillis();
    this.greeting = Greeting.of(redis, db, isResp3);
    this.greetings = Greeting.commands(redis, db, isResp3);
  }

  boolean isOpen() {
    return connection != null && connection.isConnected();
  }

  /** Starts a load. */
  void load(Load<W> load, Read read) {
    ask(new ReplyLoad<>(load, read, loader.now()));
  }

  private void ask(ReplyLoad<W> load) {
    lastUsed = loader.now();
    RequestConnection<Asked<W>> open = connection;
    if (open == null) {
      open = open();
      loader.opened();
    }
    load.appendTo(out(), Objects.requireNonNull(load.load().read()));
    for (ReplyLoad.Part part : load.parts()) {
      open.expect(new Asked<>(load, part));
    }
  }

  /** What leaves when the turn ends. */
  private Buffer out() {
    Buffer open = out;
    if (open == null) {
      open = Buffer.buffer();
      out = open;
      vertx.runOnContext(turn -> flush());
    }
    return open;
  }

  private RequestConnection<Asked<W>> open() {
    RequestConnection<Asked<W>> opened =
        new RequestConnection<>(transport::open, greeting, greetings, maxCollected(), this);
    connection = opened;
    discarded = 0;
    return opened;
  }

  /** The replies that come before that of the read are short. */
  private int maxCollected() {
    return Math.max(loader.maxValueBytes(), PendingReplies.SHORT);
  }

  private void flush() {
    if (out != null && connection != null) {
      connection.write(Unpooled.wrappedBuffer(out.getBytes()));
      connection.flush();
      out = null;
    }
  }

  // Replies

  @Override
  public void reply(Asked<W> asked, byte type, ByteBuf from, int start, int length) {
    ReplyLoad<W> load = asked.load();
    if (asked.part() != ReplyLoad.Part.REPLY) {
      load.time(asked.part(), from, start, length);
      if (asked.part() == ReplyLoad.Part.TIMES_OF_ALL_FIELDS && load.end()) {
        replied(load, load.reply());
      }
    } else if (!load.isDone()) {
      conclude(load, type, from, start, length);
    }
  }

  private void conclude(ReplyLoad<W> load, byte type, ByteBuf from, int start, int length) {
    try {
      if (type == '-' || type == '!') {
        load.end();
        fail(load, new Failure(Failure.Kind.REDIS, errorText(type, from, start, length)));
      } else if (length > loader.maxValueBytes()) {
        load.end();
        loader.readThrough().tooLarge(load.load(), loader.now());
      } else {
        load.check(from, start, length);
        byte[] reply = Reply.copyOf(from, start, length);
        if (!asksForFieldTimes(load, reply) && load.end()) {
          replied(load, reply);
        }
      }
    } catch (Throwable fault) {
      load.end();
      fail(load, loader.broken(fault));
    }
  }

  /** Asks how long the fields in a reply live, if that decides how long the reply is true. */
  private boolean asksForFieldTimes(ReplyLoad<W> load, byte[] reply) {
    RequestConnection<Asked<W>> open = connection;
    Buffer question = Buffer.buffer();
    if (open == null || !load.appendFieldTimes(question, reply, loader.now())) {
      return false;
    }
    out().appendBuffer(question);
    open.expect(new Asked<>(load, ReplyLoad.Part.TIMES_OF_ALL_FIELDS));
    return true;
  }

  private void replied(ReplyLoad<W> load, byte[] reply) {
    try {
      loader.readThrough().replied(load.load(), reply, load.remaining(), loader.now());
    } catch (Throwable fault) {
      fail(load, loader.broken(fault));
    }
  }

  /** A bulk error has its length in a line of its own. */
  private static String errorText(byte type, ByteBuf from, int start, int length) {
    int end = start + length - 2;
    int begin = type == '!' ? from.indexOf(start, end, (byte) '\n') + 1 : start + 1;
    return from.toString(begin, end - begin, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void part(Asked<W> asked, byte type, ByteBuf from, int start, int length, boolean isLast) {
    if (asked.part() == ReplyLoad.Part.REPLY && asked.load().end()) {
      loader.readThrough().tooLarge(asked.load().load(), loader.now());
    }
    discarded = isLast ? 0 : discarded + length;
    if (discarded > MAX_DISCARDED) {
      renew();
    }
  }

  private void fail(ReplyLoad<W> load, Failure failure) {
    loader.readThrough().failed(load.load(), failure, loader.now());
  }

  // The end

  /** Closes the connection, and asks again over another one what has no answer. */
  void renew() {
    if (connection != null) {
      List<Asked<W>> unanswered = connection.pending().abandon();
      close();
      again(unanswered, loader.unreachable());
    }
  }

  @Override
  public void ended(RequestConnection.End end, List<Asked<W>> unanswered) {
    close();
    Failure failure =
        end.kind() == RequestConnection.Kind.REFUSED
            ? new Failure(Failure.Kind.REDIS, end.text())
            : loader.unreachable();
    again(unanswered, failure);
  }

  /** Each load is asked twice at most. */
  private void again(List<Asked<W>> unanswered, Failure failure) {
    Set<ReplyLoad<W>> loads = new LinkedHashSet<>();
    unanswered.forEach(asked -> loads.add(asked.load()));
    for (ReplyLoad<W> load : loads) {
      if (load.mayRetry()) {
        ask(load);
      } else if (load.end()) {
        fail(load, failure);
      }
    }
  }

  private void close() {
    out = null;
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }

  /** Fails what has waited too long; gives a connection up that owes a reply for twice as long. */
  void checkDeadlines() {
    if (connection == null) {
      return;
    }
    long now = loader.now();
    Asked<W> first = connection.pending().first();
    boolean isSilent = first != null && now - first.load().askedAt() >= 2 * timeout;
    Set<ReplyLoad<W>> failed = new LinkedHashSet<>();
    for (Asked<W> asked : connection.pending().all()) {
      if (!isSilent && now - asked.load().askedAt() < timeout) {
        break;
      }
      if (asked.load().end()) {
        failed.add(asked.load());
      }
    }
    if (isSilent) {
      close();
    }
    failed.forEach(load -> fail(load, loader.late()));
  }

  /** Closes the connection if it was unused for {@code millis}. Returns whether it was. */
  boolean closeIfIdleFor(long millis) {
    boolean isIdle = connection == null || connection.pending().isEmpty();
    boolean isUnused = isIdle && loader.now() - lastUsed >= millis;
    if (isUnused) {
      close();
    }
    return isUnused;
  }

  /** Closes the connection for good; loads in flight fail. */
  void stop() {
    if (connection != null) {
      List<Asked<W>> unanswered = connection.pending().abandon();
      close();
      for (Asked<W> asked : unanswered) {
        if (asked.load().end()) {
          fail(asked.load(), loader.unreachable());
        }
      }
    }
  }
}
