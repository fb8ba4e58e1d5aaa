package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import redisproxy.admission.ClientFaults;
import redisproxy.admission.ClientMemory;
import redisproxy.admission.FailedLogins;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.LiveLimits;
import redisproxy.admission.RateLimit;
import redisproxy.auth.Credentials;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.bus.SlowLookups;
import redisproxy.command.CachedCommands;
import redisproxy.command.CommandTable;
import redisproxy.command.CommandTable.Row;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.config.Configuration;
import redisproxy.config.Log;
import redisproxy.config.Settings;
import redisproxy.metrics.Outcome;
import redisproxy.resp.ProtocolError;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Server;
import redisproxy.upstream.Sockets;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.node.LastReplies;
import redisproxy.upstream.node.Node;

/**
 * A RESP front without sockets. The test plays its clients, the cache and Redis. Each call returns
 * after all its effects have happened. Time passes only when the test says so.
 *
 * <p>In the text of replies, a blank stands for a line end. Requests to Redis are shown as inline
 * requests, separated by commas.
 */
final class FakeFront implements AutoCloseable {
  /** More turns than a message needs to the cache and back to the client. */
  private static final int TURNS = 12;

  private static final Set<String> WRITE = Set.of("write");
  private static final Set<String> READ = Set.of("readonly");

  /** Redis's description of the commands that the tests use. */
  private static final CommandTable COMMANDS =
      new CommandTable(
          Map.ofEntries(
              Map.entry("set", new Row(WRITE, 1, 1, 1)),
              Map.entry("incr", new Row(WRITE, 1, 1, 1)),
              Map.entry("del", new Row(WRITE, 1, -1, 1)),
              Map.entry("mset", new Row(WRITE, 1, -1, 2)),
              Map.entry("lpop", new Row(WRITE, 1, 1, 1)),
              Map.entry("blpop", new Row(WRITE, 1, -2, 1)),
              Map.entry("get", new Row(READ, 1, 1, 1)),
              Map.entry("ttl", new Row(READ, 1, 1, 1)),
              Map.entry("exists", new Row(READ, 1, -1, 1)),
              Map.entry("lrange", new Row(READ, 1, 1, 1)),
              Map.entry("hget", new Row(READ, 1, 1, 1)),
              Map.entry("zscore", new Row(READ, 1, 1, 1)),
              Map.entry("hlen", new Row(READ, 1, 1, 1)),
              Map.entry("multi", new Row(Set.of(), 0, 0, 0)),
              Map.entry("exec", new Row(Set.of(), 0, 0, 0)),
              Map.entry("discard", new Row(Set.of(), 0, 0, 0)),
              Map.entry("ping", new Row(Set.of(), 0, 0, 0)),
              Map.entry("time", new Row(Set.of(), 0, 0, 0)),
              Map.entry("client", new Row(Set.of(), 0, 0, 0)),
              Map.entry("select", new Row(Set.of(), 0, 0, 0)),
              Map.entry("auth", new Row(Set.of(), 0, 0, 0)),
              Map.entry("hello", new Row(Set.of(), 0, 0, 0)),
              Map.entry("subscribe", new Row(Set.of(), 0, 0, 0)),
              Map.entry("monitor", new Row(Set.of(), 0, 0, 0)),
              Map.entry("reset", new Row(Set.of(), 0, 0, 0)),
              Map.entry("quit", new Row(Set.of(), 0, 0, 0))));

  static final Server SERVER =
      new Server(Map.of("server", "redis", "version", "7.0.15"), Server.Modules.NONE, COMMANDS);

  final Loop loop = new Loop();
  final VirtualTime time = new VirtualTime(loop);
  final Sockets sockets = loop.sockets;
  final ClientIds ids = new ClientIds();
  final LastReplies lastReplies = new LastReplies();
  final Settings settings;
  final LiveLimits limits;
  final FakeCache cache;
  final Front front;
  final Node node;
  final ClientMemory memory;
  final ClientFaults faults;

  private final Session.Shared shared;
  private final List<FakeClient> clients = new ArrayList<>();

  /** The next socket to Redis for the test to connect or refuse. */
  private int next;

  /** With a Redis whose commands are already known. */
  FakeFront(String... settings) throws Exception {
    this(SERVER, settings);
  }

  FakeFront(Server server, String... overrides) throws Exception {
    Map<String, String> all = new HashMap<>();
    // So that LRANGE goes to Redis, as most tests expect.
    all.put("cache.commands", "get");
    // So that a session keeps its dedicated connection, as most tests expect.
    all.put("resp.pooling", "false");
    for (int i = 0; i < overrides.length; i += 2) {
      all.put(overrides[i], overrides[i + 1]);
    }
    settings = Configuration.parse(all);
    List<String> redis = new ArrayList<>();
    all.forEach(
        (name, value) -> {
          if (name.startsWith("redis.")) {
            redis.addAll(List.of(name, value));
          }
        });
    Transport transport = time.transport(redis.toArray(String[]::new));
    limits = new LiveLimits(settings.limits());
    Bus.register(loop.vertx);
    cache = loop.call(() -> new FakeCache(loop));
    Log log = new Log(Log.Level.INFO, Log.Format.TEXT, Duration.ZERO, false);
    front = loop.call(() -> new Front(loop.vertx, loop.context, new SlowLookups("resp", log)));
    var observers = new Node.Observers(front::invalidate, front::seen, front::moved, front.tally());
    int maxPending = settings.resp().maxPendingBytes();
    node =
        loop.call(
            () ->
                new Node(
                    time.vertx,
                    transport,
                    lastReplies,
                    new Semaphore(1),
                    settings.resp(),
                    observers));
    memory = ClientMemory.of("resp", 1, maxPending);
    faults = new ClientFaults(maxPending);
    shared =
        new Session.Shared(
            front,
            node,
            Credentials.of(settings.auth()),
            new FrontLimits(
                new RateLimit(limits.resp(), 1, () -> time.getAsLong() * 1_000_000),
                new FailedLogins(() -> settings.limits().failedLoginDelay().toMillis(), time)),
            settings.resp(),
            CachedCommands.of(settings.cache().commands()),
            settings.redis().endpoint().database(),
            ids);
    loop.run(() -> loop.vertx.eventBus().publish(Bus.SERVER, server, Bus.BY_REFERENCE));
    settle();
  }

  /** Connects a client. */
  FakeClient connect() throws Exception {
    FakeClient client = loop.call(() -> new FakeClient(this, shared));
    clients.add(client);
    return client;
  }

  /** Runs everything that is under way. */
  void settle() throws Exception {
    Promise<Void> done = Promise.promise();
    loop.run(() -> turn(TURNS, done));
    done.future().toCompletionStage().toCompletableFuture().get();
  }

  private void turn(int more, Promise<Void> done) {
    clients.forEach(FakeClient::turn);
    if (more == 0) {
      done.complete();
    } else {
      loop.context.runOnContext(turn -> turn(more - 1, done));
    }
  }

  /** Lets this many milliseconds pass. */
  void pass(long millis) throws Exception {
    settle();
    time.pass(millis);
    loop.run(() -> clients.forEach(client -> client.socket.pass(millis)));
    settle();
  }

  /** Sets whether Redis lets the proxy in. */
  void admits(boolean isAdmitted) throws Exception {
    loop.run(() -> loop.vertx.eventBus().publish(Bus.ADMITTED, isAdmitted, Bus.BY_REFERENCE));
    settle();
  }

  /** How many requests had this outcome. */
  long count(Outcome outcome) throws Exception {
    return loop.call(() -> front.tally().total(outcome));
  }

  // Redis

  /** Connects the next requested connection to Redis. */
  FakeRedisEnd connected() throws Exception {
    settle();
    FakeRedisEnd made = new FakeRedisEnd(next++);
    sockets.make(made.index);
    settle();
    return made;
  }

  /** Connects a dedicated connection. The spare connection requested after it never connects. */
  FakeRedisEnd connectedDedicated() throws Exception {
    FakeRedisEnd made = connected();
    next = sockets.asked();
    return made;
  }

  /** Refuses the next requested connection to Redis. */
  void refused() throws Exception {
    settle();
    sockets.refuse(next++);
    settle();
  }

  /** How many requested connections to Redis are neither connected nor refused. */
  int pendingConnections() {
    return sockets.asked() - next;
  }

  /** Redis at the other end of one connection. */
  final class FakeRedisEnd {
    private final int index;

    FakeRedisEnd(int index) {
      this.index = index;
    }

    /** The requests received since the last call. */
    String received() throws Exception {
      return requests(sockets.sent(index));
    }

    /** Sends replies. */
    void says(String replies) throws Exception {
      sockets.reply(index, replies);
      settle();
    }

    /** Sends replies and closes the connection; both arrive in one turn. */
    void saysAndCloses(String replies) throws Exception {
      sockets.replyAndClose(index, replies);
      settle();
    }

    /** Closes the connection. */
    void closes() throws Exception {
      sockets.close(index);
      settle();
    }

    void reads(boolean reads) throws Exception {
      sockets.takes(index, reads);
      settle();
    }

    boolean isOpen() throws Exception {
      return sockets.isOpen(index);
    }

    boolean isOutputEnded() throws Exception {
      return sockets.isOutputEnded(index);
    }

    boolean isRead() throws Exception {
      return sockets.isReading(index);
    }
  }

  /** Shows requests as inline requests. An incomplete request stays unchanged. */
  static String requests(String text) {
    ByteBuf all = Unpooled.copiedBuffer(text.replace(" ", "\r\n"), StandardCharsets.ISO_8859_1);
    List<String> requests = new ArrayList<>();
    RequestParser parser = new RequestParser(new RequestBounds(1 << 24));
    try {
      while (all.isReadable() && all.getByte(all.readerIndex()) == '*' && parser.parse(all)) {
        requests.add(words(parser.request()));
      }
    } catch (ProtocolError invalid) {
      // The rest is shown unchanged.
    }
    if (all.isReadable()) {
      requests.add(all.toString(StandardCharsets.ISO_8859_1).replace("\r\n", " "));
    }
    return String.join(", ", requests);
  }

  private static String words(Request request) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < request.count(); i++) {
      words.add(new String(request.copy(i), StandardCharsets.ISO_8859_1));
    }
    return String.join(" ", words);
  }

  @Override
  public void close() throws Exception {
    for (FakeClient client : clients) {
      client.release();
    }
    settle();
    loop.close();
  }
}
