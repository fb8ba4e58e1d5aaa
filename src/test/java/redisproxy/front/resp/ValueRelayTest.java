package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.cache.TooLarge;
import redisproxy.upstream.Loop;

/** Streams a value that is too large to cache to a client, among its other replies. */
class ValueRelayTest {
  private FakeFront front;
  private Loop loop;
  private FakeClient client;

  @BeforeEach
  void open() throws Exception {
    front = new FakeFront("resp.max-pending-bytes", "64KiB");
    loop = front.loop;
    client = front.connect();
    front.cache.answers("big", new TooLarge(FakeCache.key("big")));
    front.cache.has("k", "v");
  }

  @AfterEach
  void stop() throws Exception {
    front.close();
  }

  /** Connects the requested connection for a value. */
  private void connect(int stream) throws Exception {
    assertEquals(stream + 1, loop.connections.size());
    loop.connect(stream);
    assertEquals("GET big", FakeFront.requests(loop.sent(stream)));
    front.cache.messages();
  }

  private void says(int stream, String reply) throws Exception {
    loop.reply(stream, reply);
    front.settle();
  }

  @Test
  void value_isWrittenAsItArrives() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    assertEquals("$6 ab", client.received());
    says(0, "cdef");
    assertEquals("cdef", client.received());
    says(0, " ");
    assertEquals(" ", client.received());
    assertFalse(loop.isOpen(0));
  }

  /** A cached value of the key may be older than the value that the client sees now. */
  @Test
  void value_isInvalidatedInTheCache_beforeTheClientGetsIt() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    assertEquals(List.of("invalidate big"), front.cache.messages());
  }

  @Test
  void repliesAroundAValue_keepTheirOrder() throws Exception {
    client.asks("PING", "GET big", "PING", "ECHO x");
    assertEquals("+PONG ", client.received());
    connect(0);
    says(0, "$2 ab ");
    assertEquals("$2 ab +PONG $1 x ", client.received());
    assertTrue(client.isRead());
  }

  /** A value that was looked up earlier may be older than the large value. */
  @Test
  void getAfterAValue_isLookedUpAgainWhenTheValueIsWritten() throws Exception {
    client.asks("GET big", "GET k");
    connect(0);
    front.cache.has("k", "new");
    says(0, "$2 ab ");
    assertEquals("$2 ab $3 new ", client.received());
    assertEquals(List.of("invalidate big", "lookup k"), front.cache.messages());
  }

  @Test
  void request_whileAValueIsStreamed_isNotRead() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    client.asks("PING");
    assertFalse(client.isRead());
    assertEquals("$6 ab", client.received());
    says(0, "cdef ");
    assertEquals("cdef +PONG ", client.received());
  }

  @Test
  void clientThatReadsSlowly_slowsRedisDown() throws Exception {
    client.asks("GET big");
    connect(0);
    client.reads(false);
    says(0, "$100000 " + "x".repeat(50_000));
    assertFalse(loop.isReading(0));
    client.reads(true);
    assertTrue(loop.isReading(0));
    says(0, "x".repeat(50_000) + " ");
    assertEquals("$100000 x ", client.received().replace("x".repeat(100_000), "x"));
  }

  @Test
  void keyThatWasDeletedMeanwhile_isNil() throws Exception {
    client.asks("GET big", "PING");
    connect(0);
    says(0, "$-1 ");
    assertEquals("$-1 +PONG ", client.received());
  }

  @Test
  void keyThatWasDeletedMeanwhile_isNullInResp3() throws Exception {
    client.asks("HELLO 3");
    client.received();
    client.asks("GET big");
    connect(0);
    says(0, "$-1 ");
    assertEquals("_ ", client.received());
  }

  @Test
  void errorOfRedis_isRelayed() throws Exception {
    client.asks("GET big", "PING");
    connect(0);
    says(0, "-WRONGTYPE ");
    assertEquals("-WRONGTYPE +PONG ", client.received());
    assertTrue(client.isOpen());
  }

  @Test
  void unreachableRedis_isAnError() throws Exception {
    client.asks("GET big", "PING");
    loop.refuse(0);
    front.settle();
    assertEquals("-ERR redis-proxy: Redis cannot be reached +PONG ", client.received());
  }

  /** No other signal can show that the value is incomplete. */
  @Test
  void incompleteValue_disconnectsTheClient() throws Exception {
    client.asks("GET big", "PING");
    connect(0);
    says(0, "$6 ab");
    loop.close(0);
    front.settle();
    assertEquals("$6 ab", client.received());
    assertFalse(client.isOpen());
  }

  @Test
  void clientThatDisconnects_endsTheStream() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    client.disconnects();
    assertFalse(loop.isOpen(0));
  }

  @Test
  void clientThatDisconnects_beforeTheValueBegins_getsNothing() throws Exception {
    client.asks("GET big");
    connect(0);
    client.disconnects();
    says(0, "$2 ab ");
    assertFalse(loop.isOpen(0));
    assertEquals("", client.received());
  }

  /** The test allows one stream at a time. */
  @Test
  void streamAboveTheLimit_isRefusedAtOnce_andLaterRequestsAreAnswered() throws Exception {
    FakeClient other = front.connect();
    client.asks("GET big");
    other.asks("GET big", "GET k", "PING");
    assertEquals(
        "-ERR redis-proxy: too many large values are being streamed $1 v +PONG ", other.received());
    connect(0);
    says(0, "$6 ab");
    client.disconnects();
    other.asks("GET big");
    connect(1);
    says(1, "$2 ab ");
    assertEquals("$2 ab ", other.received());
  }

  @Test
  void twoValues_areWrittenInOrder() throws Exception {
    client.asks("GET big", "GET big");
    connect(0);
    says(0, "$2 ab ");
    connect(1);
    says(1, "$2 cd ");
    assertEquals("$2 ab $2 cd ", client.received());
  }

  @Test
  void sessionThatEnds_waitsForTheValue() throws Exception {
    client.asks("GET big", "QUIT");
    connect(0);
    client.drain();
    assertFalse(client.isOutputEnded());
    says(0, "$2 ab ");
    assertEquals("$2 ab +OK ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void setAfterAWrittenValue_goesOverASharedConnection() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$2 ab ");
    client.asks("SET big x");
    assertEquals("SET big x", front.connected().received());
    assertEquals("$2 ab ", client.received());
  }

  @Test
  void setAfterAnUnwrittenValue_waitsOnADedicatedConnection() throws Exception {
    client.asks("GET big", "SET big x");
    loop.connect(0);
    FakeFront.FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID", redis.received());
    says(0, "$2 ab ");
    assertEquals("SET big x", redis.received());
  }

  // Replies to other reads

  private void openWithReads() throws Exception {
    front.close();
    front = new FakeFront("resp.max-pending-bytes", "64KiB", "cache.commands", "default");
    loop = front.loop;
    client = front.connect();
    front.cache.cannotAnswer("hget h f");
    front.cache.has("k", "v");
  }

  private void connectRead() throws Exception {
    loop.connect(0);
    assertEquals("hget h f", FakeFront.requests(loop.sent(0)));
    front.cache.messages();
  }

  @Test
  void replyThatIsNotCached_isRelayedInOrder() throws Exception {
    openWithReads();
    client.asks("PING", "HGET h f", "PING", "HLEN k");
    assertEquals("+PONG ", client.received());
    connectRead();
    says(0, "*2 $2 a");
    assertEquals("*2 $2 a", client.received());
    says(0, "b :1 ");
    assertEquals("b :1 +PONG $-1 ", client.received());
    assertFalse(loop.isOpen(0));
    assertTrue(client.isRead());
  }

  @Test
  void replyThatIsNotCached_isAskedForInTheClientsVersion() throws Exception {
    openWithReads();
    client.asks("HELLO 3");
    client.received();
    client.asks("HGET h f");
    loop.connect(0);
    assertEquals("HELLO 3, hget h f", FakeFront.requests(loop.sent(0)));
    says(0, "%0 ~1 $1 x ");
    assertEquals("~1 $1 x ", client.received());
  }

  @Test
  void readsAfterARelayedReply_areLookedUpAgain() throws Exception {
    openWithReads();
    client.asks("HGET h f", "GET k", "HLEN h");
    connectRead();
    front.cache.has("k", "new");
    front.cache.replies("hlen h", ":2 ");
    says(0, "$-1 ");
    assertEquals("$-1 $3 new :2 ", client.received());
    assertEquals(List.of("invalidate h", "lookup k", "lookup hlen h"), front.cache.messages());
  }

  /** The reply may show a write of several keys that the cache does not know of yet. */
  @Test
  void getAfterARelayedReply_waitsForAFence() throws Exception {
    openWithReads();
    client.asks("HGET h f");
    connectRead();
    says(0, "$3 new ");
    client.asks("GET k");
    assertEquals(List.of("invalidate h", "fence"), front.cache.messages());
    front.cache.has("k", "new");
    front.cache.fence(true);
    front.settle();
    assertEquals("$3 new $3 new ", client.received());
    client.asks("GET k");
    assertEquals(List.of("lookup k", "lookup k"), front.cache.messages());
  }

  @Test
  void errorReplyToARead_isRelayed() throws Exception {
    openWithReads();
    client.asks("HGET h f", "PING");
    connectRead();
    says(0, "-WRONGTYPE ");
    assertEquals("-WRONGTYPE +PONG ", client.received());
    assertTrue(client.isOpen());
  }

  @Test
  void read_whenRedisIsUnreachable_isAnsweredWithAnError() throws Exception {
    openWithReads();
    client.asks("HGET h f", "PING");
    loop.refuse(0);
    front.settle();
    assertEquals("-ERR redis-proxy: Redis cannot be reached +PONG ", client.received());
  }

  @Test
  void read_whenNoStreamIsFree_isRelayedAllTheSame() throws Exception {
    openWithReads();
    client.asks("HGET h f");
    connectRead();
    FakeClient other = front.connect();
    other.asks("HGET h f", "PING");
    loop.connect(1);
    loop.reply(1, "$1 v ");
    front.settle();
    assertEquals("$1 v +PONG ", other.received());
  }

  @Test
  void clientThatReadsALongReplySlowly_slowsRedisDown() throws Exception {
    openWithReads();
    client.asks("HGET h f");
    connectRead();
    client.reads(false);
    says(0, "*2 $100000 " + "x".repeat(50_000));
    assertFalse(loop.isReading(0));
    client.reads(true);
    assertTrue(loop.isReading(0));
    says(0, "x".repeat(50_000) + " :1 ");
    assertEquals("*2 $100000 x :1 ", client.received().replace("x".repeat(100_000), "x"));
  }

  @Test
  void replyThatBreaksOff_disconnectsTheClient() throws Exception {
    openWithReads();
    client.asks("HGET h f");
    connectRead();
    says(0, "*2 $2 a");
    loop.close(0);
    front.settle();
    assertFalse(client.isOpen());
  }
}
