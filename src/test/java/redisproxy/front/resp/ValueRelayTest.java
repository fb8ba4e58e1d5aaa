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

/** A value too large to keep, on its way from Redis to a client, among its other replies. */
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

  /** A connection for a value has been asked for, and is there. */
  private void connect(int stream) throws Exception {
    assertEquals(stream + 1, loop.connections.size());
    loop.connect(stream);
    assertEquals("GET big", FakeFront.requests(loop.sent(stream)));
    front.cache.told();
  }

  private void says(int stream, String reply) throws Exception {
    loop.reply(stream, reply);
    front.settle();
  }

  @Test
  void value_isWrittenAsItComes() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    assertEquals("$6 ab", client.heard());
    says(0, "cdef");
    assertEquals("cdef", client.heard());
    says(0, " ");
    assertEquals(" ", client.heard());
    assertFalse(loop.isOpen(0));
  }

  /** What is kept of it may be older than what the client has seen. */
  @Test
  void value_isToldTheCache_beforeTheClient() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    assertEquals(List.of("invalidate big"), front.cache.told());
  }

  @Test
  void repliesAroundIt_keepTheirOrder() throws Exception {
    client.asks("PING", "GET big", "PING", "ECHO x");
    assertEquals("+PONG ", client.heard());
    connect(0);
    says(0, "$2 ab ");
    assertEquals("$2 ab +PONG $1 x ", client.heard());
    assertTrue(client.isRead());
  }

  /** A value that was looked up before may be older than the large one. */
  @Test
  void getBehindIt_isAskedAgainWhenItIsWritten() throws Exception {
    client.asks("GET big", "GET k");
    connect(0);
    front.cache.has("k", "new");
    says(0, "$2 ab ");
    assertEquals("$2 ab $3 new ", client.heard());
    assertEquals(List.of("invalidate big", "lookup k"), front.cache.told());
  }

  @Test
  void request_whileItIsWritten_isNotRead() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    client.asks("PING");
    assertFalse(client.isRead());
    assertEquals("$6 ab", client.heard());
    says(0, "cdef ");
    assertEquals("cdef +PONG ", client.heard());
  }

  @Test
  void clientThatReadsSlowly_slowsRedisDown() throws Exception {
    client.asks("GET big");
    connect(0);
    client.takes(false);
    says(0, "$100000 " + "x".repeat(50_000));
    assertFalse(loop.isReading(0));
    client.takes(true);
    assertTrue(loop.isReading(0));
    says(0, "x".repeat(50_000) + " ");
    assertEquals("$100000 x ", client.heard().replace("x".repeat(100_000), "x"));
  }

  @Test
  void keyThatIsGoneByThen_isNil() throws Exception {
    client.asks("GET big", "PING");
    connect(0);
    says(0, "$-1 ");
    assertEquals("$-1 +PONG ", client.heard());
  }

  @Test
  void keyThatIsGoneByThen_isNullInResp3() throws Exception {
    client.asks("HELLO 3");
    client.heard();
    client.asks("GET big");
    connect(0);
    says(0, "$-1 ");
    assertEquals("_ ", client.heard());
  }

  @Test
  void errorOfRedis_isPassedOn() throws Exception {
    client.asks("GET big", "PING");
    connect(0);
    says(0, "-WRONGTYPE ");
    assertEquals("-WRONGTYPE +PONG ", client.heard());
    assertTrue(client.isOpen());
  }

  @Test
  void redisThatIsNotReached_isAnError() throws Exception {
    client.asks("GET big", "PING");
    loop.refuse(0);
    front.settle();
    assertEquals("-ERR redis-proxy: Redis cannot be reached +PONG ", client.heard());
  }

  /** There is no other way to say that it is not whole. */
  @Test
  void valueThatBreaksOff_cutsTheClientOff() throws Exception {
    client.asks("GET big", "PING");
    connect(0);
    says(0, "$6 ab");
    loop.close(0);
    front.settle();
    assertEquals("$6 ab", client.heard());
    assertFalse(client.isOpen());
  }

  @Test
  void clientThatGoes_endsTheStream() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$6 ab");
    client.goes();
    assertFalse(loop.isOpen(0));
  }

  @Test
  void clientThatGoes_beforeTheValueBegins_isWrittenNothing() throws Exception {
    client.asks("GET big");
    connect(0);
    client.goes();
    says(0, "$2 ab ");
    assertFalse(loop.isOpen(0));
    assertEquals("", client.heard());
  }

  /** There may be one at a time here. */
  @Test
  void oneTooMany_isRefusedAtOnce_andWhatComesBehindItIsAnswered() throws Exception {
    FakeClient other = front.connect();
    client.asks("GET big");
    other.asks("GET big", "GET k", "PING");
    assertEquals(
        "-ERR redis-proxy: too many large values are being streamed $1 v +PONG ", other.heard());
    connect(0);
    says(0, "$6 ab");
    client.goes();
    other.asks("GET big");
    connect(1);
    says(1, "$2 ab ");
    assertEquals("$2 ab ", other.heard());
  }

  @Test
  void oneBehindTheOther_areWrittenInTurn() throws Exception {
    client.asks("GET big", "GET big");
    connect(0);
    says(0, "$2 ab ");
    connect(1);
    says(1, "$2 cd ");
    assertEquals("$2 ab $2 cd ", client.heard());
  }

  @Test
  void sessionThatEnds_waitsForTheValue() throws Exception {
    client.asks("GET big", "QUIT");
    connect(0);
    client.isDrained();
    assertFalse(client.isLeft());
    says(0, "$2 ab ");
    assertEquals("$2 ab +OK ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void setWhenItIsWritten_goesOverASharedConnection() throws Exception {
    client.asks("GET big");
    connect(0);
    says(0, "$2 ab ");
    client.asks("SET big x");
    assertEquals("SET big x", front.connected().heard());
    assertEquals("$2 ab ", client.heard());
  }

  @Test
  void setBehindIt_waitsOnADedicatedConnection() throws Exception {
    client.asks("GET big", "SET big x");
    loop.connect(0);
    FakeFront.FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID", redis.heard());
    says(0, "$2 ab ");
    assertEquals("SET big x", redis.heard());
  }
}
