package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.Read;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.connection.Transport;

/** Streaming of a large value, without a socket. */
class ValueStreamTest {
  private static final String GET = "*2 $3 GET $1 k ";

  private final Loop loop = new Loop();
  private final Semaphore permits = new Semaphore(1);
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final Sink sink = new Sink();
  private ValueStreams streams;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private final class Sink implements ValueStream.Sink {
    private ValueStream stream;
    private boolean full;

    @Override
    public void begin(long length, ValueStream begun) {
      stream = begun;
      told.add("begins " + length);
    }

    @Override
    public void data(Buffer data) {
      told.add(data.toString(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean isFull() {
      return full;
    }

    @Override
    public void end() {
      told.add("ends");
    }

    @Override
    public void missing() {
      told.add("missing");
    }

    @Override
    public void failed(Failure failure) {
      told.add(failure.kind() + " " + failure.text());
    }
  }

  private void open(int db, String... settings) throws Exception {
    Transport transport = loop.transport(settings);
    streams = new ValueStreams(loop.vertx, transport, permits, key -> told.add("seen"));
    ask(db);
  }

  private void ask(int db) throws Exception {
    loop.run(() -> streams.open(Key.of(db, new byte[] {'k'}), sink));
  }

  private void assertOver(String... expected) throws Exception {
    assertEquals(List.of(expected), told);
    assertEquals(1, permits.availablePermits());
    assertFalse(loop.isOpen(0));
  }

  @Test
  void value_isStreamedAsItArrives() throws Exception {
    open(0);
    loop.connect(0);
    assertEquals(GET, loop.sent(0));
    assertEquals(0, permits.availablePermits());
    loop.reply(0, "$1");
    loop.reply(0, "0 abc");
    loop.reply(0, "defghij");
    assertEquals(List.of("seen", "begins 10", "abc", "defghij"), told);
    loop.reply(0, " ");
    assertOver("seen", "begins 10", "abc", "defghij", "ends");
  }

  @Test
  void valueInOneRead_isStreamedWhole() throws Exception {
    open(0);
    loop.connect(0);
    loop.reply(0, "$3 abc ");
    assertOver("seen", "begins 3", "abc", "ends");
  }

  @Test
  void greeting_comesFirst() throws Exception {
    open(5, "redis.url", "redis://:p@localhost:1");
    loop.connect(0);
    assertEquals("*2 $4 AUTH $1 p *2 $6 SELECT $1 5 " + GET, loop.sent(0));
    loop.reply(0, "+OK +OK $-1 ");
    assertOver("seen", "missing");
  }

  @Test
  void refusedGreeting_failsWithRedissError() throws Exception {
    open(0, "redis.url", "redis://:p@localhost:1");
    loop.connect(0);
    loop.reply(0, "-WRONGPASS ");
    assertOver("REDIS WRONGPASS");
  }

  @Test
  void errorReply_failsWithRedissError() throws Exception {
    open(0);
    loop.connect(0);
    loop.reply(0, "-WRONG");
    loop.reply(0, "TYPE ");
    assertOver("seen", "REDIS WRONGTYPE");
  }

  @Test
  void replyThatIsNotAString_fails() throws Exception {
    open(0);
    loop.connect(0);
    loop.reply(0, "*1 $1 x ");
    assertOver("seen", "UNREACHABLE " + ValueStream.UNREACHABLE);
  }

  @Test
  void inputThatIsNotResp_fails() throws Exception {
    open(0);
    loop.connect(0);
    loop.reply(0, "HTTP ");
    assertOver("UNREACHABLE " + ValueStream.UNREACHABLE);
  }

  @Test
  void lostConnection_failsTheStream() throws Exception {
    open(0);
    loop.connect(0);
    loop.reply(0, "$10 abc");
    loop.close(0);
    assertOver("seen", "begins 10", "abc", "UNREACHABLE " + ValueStream.UNREACHABLE);
  }

  @Test
  void unreachableRedis_failsTheStream() throws Exception {
    open(0);
    loop.refuse(0);
    assertEquals(List.of("UNREACHABLE " + ValueStream.UNREACHABLE), told);
    assertEquals(1, permits.availablePermits());
  }

  @Test
  void fullSink_pausesTheConnection() throws Exception {
    open(0);
    loop.connect(0);
    sink.full = true;
    loop.reply(0, "$10 abc");
    assertFalse(loop.isReading(0));
    sink.full = false;
    loop.run(() -> sink.stream.resume());
    assertTrue(loop.isReading(0));
  }

  @Test
  void cancel_silencesTheSink() throws Exception {
    open(0);
    loop.connect(0);
    loop.reply(0, "$10 abc");
    assertTrue(loop.call(() -> sink.stream.cancel()));
    assertFalse(loop.call(() -> sink.stream.cancel()), "it had ended before");
    assertOver("seen", "begins 10", "abc");
  }

  @Test
  void open_whenNoPermitIsFree_isRefused() throws Exception {
    open(0);
    ask(0);
    assertEquals(List.of("OVERLOADED too many large values are being streamed"), told);
    assertEquals(1, loop.connections.size());
  }

  /** A stream fails after five load timeouts without a byte. */
  @Test
  void stalledRedis_failsTheStream() throws Exception {
    open(0, "redis.load-timeout", "50ms");
    loop.connect(0);
    loop.reply(0, "$10 abc");
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
    assertOver("seen", "begins 10", "abc", "TIMEOUT Redis stopped in the middle of a value");
  }

  // The reply to another read

  private static final String HGET = "*3 $4 hget $1 k $1 f ";

  private void openRead(int db, int flags, String... settings) throws Exception {
    Transport transport = loop.transport(settings);
    streams = new ValueStreams(loop.vertx, transport, permits, key -> told.add("seen"));
    Read read = Reads.read(flags | Read.ARGUMENTS, "hget", "f");
    loop.run(() -> streams.open(Key.of(db, new byte[] {'k'}), read, sink));
    loop.connect(0);
  }

  /** What was told, with a blank for each line end. */
  private void assertRelayed(String... expected) throws Exception {
    told.replaceAll(text -> text.replace("\r\n", " "));
    assertOver(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"$3 abc ", "$-1 ", "*-1 ", "*2 $1 a *1 :5 ", ":5 ", "+OK ", "-WRONGTYPE "})
  void reply_isRelayedByteForByte(String reply) throws Exception {
    openRead(0, 0);
    assertEquals(HGET, loop.sent(0));
    loop.reply(0, reply);
    assertRelayed("seen", "begins -1", reply, "ends");
  }

  @ParameterizedTest
  @ValueSource(strings = {"_ ", "%1 $1 a ,1.5 ", "~2 $1 a #t ", "=5 txt:a ", "!3 ERR "})
  void resp3Reply_isRelayedByteForByte(String reply) throws Exception {
    openRead(0, Read.RESP3);
    assertEquals("*2 $5 HELLO $1 3 " + HGET, loop.sent(0));
    loop.reply(0, "%1 $6 server $5 redis " + reply);
    assertRelayed("seen", "begins -1", reply, "ends");
  }

  /** Without the cache, each client would have a connection of its own for it. */
  @Test
  void reply_needsNoPermit() throws Exception {
    permits.acquire();
    openRead(0, 0);
    loop.reply(0, ":1 ");
    permits.release();
    assertRelayed("seen", "begins -1", ":1 ", "ends");
  }

  /** An MGET must not drop values that other clients read. */
  @Test
  void replyForSeveralKeys_doesNotCountAsSeen() throws Exception {
    openRead(0, Read.KEYS);
    loop.reply(0, ":1 ");
    assertRelayed("begins -1", ":1 ", "ends");
  }

  @Test
  void replyInPieces_isRelayedAsItArrives() throws Exception {
    openRead(0, 0);
    loop.reply(0, "*2 $3 a");
    loop.reply(0, "bc");
    loop.reply(0, " $1 d");
    told.replaceAll(text -> text.replace("\r\n", " "));
    assertEquals(List.of("seen", "begins -1", "*2 $3 a", "bc", " $1 d"), told);
    loop.reply(0, " ");
    assertRelayed("seen", "begins -1", "*2 $3 a", "bc", " $1 d", " ", "ends");
  }

  @Test
  void greetingOfARead_comesFirst() throws Exception {
    openRead(5, Read.RESP3, "redis.url", "redis://:p@localhost:1");
    assertEquals("*2 $4 AUTH $1 p *2 $6 SELECT $1 5 *2 $5 HELLO $1 3 " + HGET, loop.sent(0));
    loop.reply(0, "-WRONGPASS ");
    assertOver("REDIS WRONGPASS");
  }

  @Test
  void fullSink_pausesTheConnectionOfARead() throws Exception {
    openRead(0, 0);
    sink.full = true;
    loop.reply(0, "*2 $3 a");
    assertFalse(loop.isReading(0));
    sink.full = false;
    loop.run(() -> sink.stream.resume());
    assertTrue(loop.isReading(0));
    loop.reply(0, "bc :1 ");
    assertRelayed("seen", "begins -1", "*2 $3 a", "bc :1 ", "ends");
  }

  @Test
  void lostConnection_failsARead() throws Exception {
    openRead(0, 0);
    loop.reply(0, "*2 $3 a");
    loop.close(0);
    assertRelayed("seen", "begins -1", "*2 $3 a", "UNREACHABLE " + ValueStream.UNREACHABLE);
  }

  @Test
  void cancel_withinARead_silencesTheSink() throws Exception {
    openRead(0, 0);
    loop.reply(0, "*2 $3 a");
    assertTrue(loop.call(() -> sink.stream.cancel()));
    assertRelayed("seen", "begins -1", "*2 $3 a");
  }
}
