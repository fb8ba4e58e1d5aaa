package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.cache.Answer;
import redisproxy.cache.Cached;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.NotCached;
import redisproxy.cache.Read;
import redisproxy.cache.Unverified;
import redisproxy.command.CachedCommand;
import redisproxy.command.ConnectionState;
import redisproxy.command.Parsed;
import redisproxy.config.Configuration;
import redisproxy.upstream.FakeSocket;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;

/** The order of replies, and their memory. The test answers the lookups itself. */
class OrderedRepliesTest {
  private static final int MAX_PENDING = 64 * 1024;

  private final ConnectionState state = new ConnectionState(0, true, own -> false);
  private FakeFront front;
  private FakeSocket socket;
  private OrderedReplies replies;
  private boolean advancing;

  @BeforeEach
  void open() throws Exception {
    front = new FakeFront();
    ClientConnection connection = new ClientConnection();
    connection.receiver(
        new SilentClient() {
          /** Like a session: a write may call this method again. */
          @Override
          public void advance() {
            if (!advancing) {
              advancing = true;
              while (replies.writeReplies()) {
                // Write until nothing is left.
              }
              advancing = false;
            }
          }
        });
    var settings =
        Configuration.parse(Map.of("resp.max-pipeline", "8", "resp.max-pending-bytes", "64KiB"));
    socket = new FakeSocket();
    FakeClient.attach(connection, socket, MAX_PENDING, front);
    replies =
        new OrderedReplies(
            connection, front.front, front.node.largeValues(), state, settings.resp());
    front.cache.isSlowWith("a", "b", "c", "d", "e", "f", "g", "h", "k");
  }

  @AfterEach
  void stop() throws Exception {
    front.loop.run(replies::close);
    socket.finishAndReleaseAll();
    front.close();
  }

  private void get(String... keys) throws Exception {
    front.loop.run(
        () -> {
          for (String key : keys) {
            replies.get(Parsed.line("GET " + key));
          }
        });
    front.settle();
  }

  private void reply(String text) throws Exception {
    front.loop.run(() -> replies.reply(text.getBytes(StandardCharsets.US_ASCII)));
  }

  /** Delivers one answer, the only one in this turn. */
  private void answer(int ticket, Answer answer) throws Exception {
    front.loop.run(() -> replies.answered(ticket, answer, false));
    advance();
  }

  private void answer(int ticket, String value) throws Exception {
    answer(ticket, FakeCache.entry("k", value));
  }

  private void advance() throws Exception {
    front.loop.run(replies::answersEnd);
    front.settle();
  }

  private void takes(boolean takes) throws Exception {
    front.loop.run(() -> socket.takes(takes));
    advance();
  }

  private static Entry missing() {
    return Entry.missing(FakeCache.key("k"), 0, 1);
  }

  private String written() throws Exception {
    return front.loop.call(() -> Loop.sent(socket));
  }

  private List<String> lookedUp() throws Exception {
    return front.cache.messages().stream().map(message -> message.replace("lookup ", "")).toList();
  }

  private static String large(String of) {
    return of.repeat(MAX_PENDING);
  }

  // Order

  @Test
  void answers_inAnyOrder_areWrittenInTheOrderOfTheRequests() throws Exception {
    get("a", "b", "c");
    answer(2, "3");
    answer(1, "2");
    assertEquals("", written());
    answer(0, "1");
    assertEquals("$1 1 $1 2 $1 3 ", written());
    assertTrue(replies.isEmpty());
  }

  @Test
  void repliesOfAllKinds_keepTheirOrder() throws Exception {
    get("a");
    reply("+local\r\n");
    int ticket = replies.accepted();
    front.loop.run(replies::awaitReply);
    get("b");
    answer(3, missing());
    answer(0, "1");
    assertEquals("$1 1 +local ", written());
    front.loop.run(() -> replies.replied(ticket, ":2\r\n".getBytes(StandardCharsets.US_ASCII)));
    advance();
    assertEquals(":2 $-1 ", written());
  }

  @Test
  void lookup_usesTheClientsDatabase() throws Exception {
    state.select(3);
    get("a");
    assertEquals(List.of("3/a"), lookedUp());
  }

  @Test
  void ticket_increasesWithEveryRequest() throws Exception {
    int first = replies.accepted();
    get("a");
    reply("+x\r\n");
    front.loop.run(replies::awaitReply);
    assertEquals(first + 3, replies.accepted());
  }

  @Test
  void missing_isNilInResp2_andNullInResp3() throws Exception {
    get("a", "b");
    answer(0, missing());
    state.speak(true);
    answer(1, missing());
    assertEquals("$-1 _ ", written());
  }

  @Test
  void unverified_isAnsweredWithItsEntry() throws Exception {
    get("a");
    answer(0, new Unverified(FakeCache.entry("k", "old")));
    assertEquals("$3 old ", written());
    assertFalse(replies.isReading());
  }

  @Test
  void failure_isAnsweredAsAnError() throws Exception {
    get("a", "b");
    answer(1, new Failure(Failure.Kind.REDIS, "WRONGTYPE no"));
    answer(0, new Failure(Failure.Kind.TIMEOUT, "late"));
    assertEquals("-ERR redis-proxy: late -WRONGTYPE no ", written());
    assertFalse(replies.isReading());
  }

  // Reads under way

  @Test
  void isReading_untilEveryValueIsKnown() throws Exception {
    assertFalse(replies.isReading());
    get("a", "b");
    answer(1, "2");
    assertTrue(replies.isReading());
    answer(0, "1");
    assertFalse(replies.isReading());
    reply("+x\r\n");
    assertFalse(replies.isReading());
  }

  @Test
  void isEmpty_onlyWhenAllIsWritten() throws Exception {
    assertTrue(replies.isEmpty());
    get("a");
    assertFalse(replies.isEmpty());
    front.loop.run(() -> replies.answered(0, FakeCache.entry("k", "1"), false));
    assertFalse(replies.isEmpty(), "it is gathered with other replies");
    advance();
    assertTrue(replies.isEmpty());
  }

  // Bounds

  @Test
  void requests_areAcceptedUpToTheLimitInFlight() throws Exception {
    get("a", "b", "c", "d", "e", "f", "g");
    assertTrue(replies.mayAccept());
    get("h");
    assertFalse(replies.mayAccept());
    answer(0, "1");
    assertTrue(replies.mayAccept());
  }

  @Test
  void pendingReplies_atTheLimit_stopRequests() throws Exception {
    get("a", "b", "c");
    answer(1, "x".repeat(MAX_PENDING - 20));
    assertTrue(replies.mayAccept());
    assertEquals("$65516\r\n".length() + MAX_PENDING - 18, replies.held());
    reply("+0123456789\r\n");
    assertFalse(replies.mayAccept());
    answer(0, "1");
    assertTrue(replies.mayAccept());
    assertEquals("+0123456789\r\n".length(), replies.held());
  }

  @Test
  void longKeys_stopRequests_untilAllAreAnswered() throws Exception {
    String isShort = "k".repeat(1024);
    String isLong = "k".repeat(32 * 1024);
    front.cache.isSlowWith(isShort, isLong);
    get(isShort, isShort, isShort, isLong);
    assertTrue(replies.mayAccept());
    get(isLong);
    assertFalse(replies.mayAccept());
    for (int i = 0; i < 4; i++) {
      answer(i, "1");
      assertFalse(replies.mayAccept());
    }
    answer(4, "2");
    assertTrue(replies.mayAccept());
  }

  @Test
  void oneVeryLongKey_stopsRequests() throws Exception {
    String isLong = "k".repeat(64 * 1024);
    front.cache.isSlowWith(isLong);
    get(isLong);
    assertFalse(replies.mayAccept());
    answer(0, "1");
    assertTrue(replies.mayAccept());
  }

  /** Answers are dropped above the limit, not at it. At the limit no more requests are accepted. */
  @Test
  void replies_atExactlyTheLimit_areKept() throws Exception {
    get("a", "b", "c");
    answer(1, "x".repeat(MAX_PENDING - 10));
    assertEquals(MAX_PENDING, replies.held());
    assertFalse(replies.mayAccept());
    answer(2, "3");
    lookedUp();
    answer(0, "1");
    assertEquals(List.of(), lookedUp());
    assertTrue(written().endsWith(" $1 3 "));
  }

  @Test
  void values_whenTheSocketIsFull_stayInTheQueue() throws Exception {
    get("a", "b", "c");
    takes(false);
    answer(0, large("x"));
    answer(1, "2");
    answer(2, missing());
    assertEquals("$1\r\n2\r\n".length(), replies.held(), "the first was given to the socket");
    takes(true);
    assertEquals("$65536 x $1 2 $-1 ", written().replace(large("x"), "x"));
    assertEquals(0, replies.held());
  }

  /** Short replies cost almost no memory in the backlog. */
  @Test
  void shortReplies_whenTheSocketIsFull_goToTheBacklog() throws Exception {
    get("a", "b");
    takes(false);
    answer(0, large("x"));
    answer(1, missing());
    reply("+x\r\n");
    advance();
    assertEquals(0, replies.held());
    assertTrue(replies.mayAccept());
    takes(true);
    assertTrue(written().endsWith(" $-1 +x "));
  }

  /** The reply to ECHO or INFO may be as long as a value. */
  @Test
  void longReplies_whenTheSocketIsFull_stayInTheQueue() throws Exception {
    takes(false);
    String reply = "x".repeat(20_000);
    for (int i = 0; i < 4; i++) {
      reply("$20000\r\n" + reply + "\r\n");
      advance();
    }
    assertEquals(2 * "$20000\r\n\r\n".length() + 40_000, replies.held(), "not given to the socket");
    assertTrue(replies.mayAccept());
    for (int i = 0; i < 2; i++) {
      reply("$20000\r\n" + reply + "\r\n");
      advance();
    }
    assertFalse(replies.mayAccept());
    takes(true);
    assertEquals("$20000 x ".repeat(6), written().replace(reply, "x"));
    assertTrue(replies.mayAccept());
  }

  // Answers that are dropped

  /** Leaves the head without an answer, and fills the limit with the replies after it. */
  private void fill() throws Exception {
    get("a", "b", "c", "d");
    answer(1, large("x"));
    assertEquals(List.of("a", "b", "c", "d"), lookedUp());
  }

  @Test
  void answerAboveTheLimit_isDropped_andLookedUpAgainInOrder() throws Exception {
    fill();
    answer(2, large("y"));
    assertEquals("$65536\r\n\r\n".length() + MAX_PENDING, replies.held());
    assertTrue(replies.isReading());
    answer(3, "4");
    assertEquals("$65536\r\n\r\n".length() + MAX_PENDING, replies.held());
    answer(0, "1");
    assertEquals(List.of("k"), lookedUp(), "one at a time");
    answer(0, "1");
    assertEquals(List.of("k"), lookedUp());
    answer(1, "2");
    answer(2, "3");
    answer(3, "4");
    assertEquals("$1 1 $1 2 $1 3 $1 4 ", written());
    assertTrue(replies.isEmpty());
    assertFalse(replies.isReading());
    assertEquals(0, replies.held());
    get("e");
    assertTrue(replies.isReading(), "each read was counted once");
  }

  /** The answer to a new request could arrive first, and be older than theirs. */
  @Test
  void requests_beforeARepeatedLookup_areNotAccepted() throws Exception {
    fill();
    assertFalse(replies.mayAccept());
    answer(2, "3");
    answer(3, "4");
    answer(0, "1");
    for (int ticket = 0; ticket < 3; ticket++) {
      answer(ticket, "x");
      assertFalse(replies.mayAccept(), "ticket " + ticket);
    }
    answer(3, "x");
    assertTrue(replies.mayAccept());
  }

  /** The client gets the value of the second lookup. */
  @Test
  void repeatedLookup_returnsTheNewerValue() throws Exception {
    fill();
    answer(2, "old");
    answer(3, "old");
    answer(0, "1");
    answer(0, "new 1");
    answer(1, "new 2");
    answer(2, "new 3");
    answer(3, "new 4");
    assertEquals("$5 new 1 $5 new 2 $5 new 3 $5 new 4 ", written());
  }

  @Test
  void answerAtTheHead_isNeverDropped() throws Exception {
    takes(false);
    get("a", "b");
    answer(0, large("x"));
    answer(1, large("y"));
    assertEquals(List.of("a", "b"), lookedUp());
    takes(true);
    assertEquals("$65536 x $65536 y ", written().replace(large("x"), "x").replace(large("y"), "y"));
    assertEquals(List.of(), lookedUp());
  }

  @Test
  void repliesOfOtherKinds_areNotRequestedAgain() throws Exception {
    get("a", "b");
    reply("+x\r\n");
    get("c");
    answer(1, large("x"));
    answer(3, "4");
    lookedUp();
    answer(0, "1");
    answer(0, "1");
    answer(1, "2");
    assertEquals(List.of("k", "k", "k"), lookedUp());
    answer(3, "4");
    assertEquals("$1 1 $1 2 +x $1 4 ", written());
  }

  @Test
  void failureOfARepeatedLookup_isAnswered() throws Exception {
    fill();
    answer(2, "3");
    answer(3, "4");
    answer(0, "1");
    answer(0, new Failure(Failure.Kind.REDIS, "ERR"));
    answer(1, "2");
    answer(2, missing());
    answer(3, "4");
    assertEquals("-ERR $1 2 $-1 $1 4 ", written());
    assertTrue(replies.mayAccept());
  }

  // The end

  @Test
  void answers_whenTheClientIsGone_areDropped() throws Exception {
    get("a", "b");
    answer(1, "2");
    front.loop.run(replies::close);
    assertEquals(0, replies.held());
    answer(0, "1");
    front.loop.run(() -> replies.replied(1, new byte[10]));
    assertEquals("", written());
    assertEquals(0, replies.held());
    assertTrue(replies.isEmpty());
  }

  @Test
  void fault_endsTheSession() throws Exception {
    front.loop.run(() -> replies.broken(new IllegalStateException("as the test wants")));
    assertFalse(socket.isOpen());
  }

  // Reads other than GET

  private static final CachedCommand HGET =
      new CachedCommand("hget", false, CachedCommand.Fields.NAMED, CachedCommand.Resp3.SAME);

  /** Requests HGET of a field {@code f} of each key; the test answers. */
  private void read(String... keys) throws Exception {
    for (String key : keys) {
      front.cache.isSlowWith("hget " + key + " f");
      front.loop.run(() -> replies.read(Parsed.line("hget " + key + " f"), HGET));
    }
    front.settle();
  }

  private static Answer reply(String key, String text) {
    return Cached.reply(FakeCache.key(key), Reads.read(0, "hget", "f"), text);
  }

  private void hit(int ticket, Answer answer) throws Exception {
    front.loop.run(() -> replies.answered(ticket, answer, true));
    advance();
  }

  @Test
  void cachedReplies_areWrittenByteForByte_inOrder() throws Exception {
    read("a", "b");
    get("c");
    assertTrue(replies.isReading());
    answer(2, "3");
    answer(1, reply("b", "*2 $1 x :2 "));
    assertEquals("*2..$1..x..:2..".length() + "$1..3..".length(), replies.held());
    answer(0, reply("a", "_ "));
    assertEquals("_ *2 $1 x :2 $1 3 ", written());
    assertEquals(0, replies.held());
    assertFalse(replies.isReading());
  }

  /** A client of RESP2 may have caused the load. */
  @Test
  void cachedReplies_inResp2_areWrittenInResp3_toAClientThatSpeaksIt() throws Exception {
    state.speak(true);
    read("a", "b", "c", "d");
    String members = "*2 $1 x $65536 " + large("x") + " ";
    answer(3, Cached.reply(FakeCache.key("d"), Reads.read(Read.RESP3, "hmget", "f"), "*1 _ "));
    answer(2, Cached.reply(FakeCache.key("c"), Reads.read(Read.MAP, "hgetall"), "*2 $1 f $1 v "));
    answer(1, reply("b", "$-1 "));
    answer(0, Cached.reply(FakeCache.key("a"), Reads.read(Read.SET, "smembers"), members));
    assertEquals("~" + members.substring(1) + "_ %1 $1 f $1 v *1 _ ", written());
    assertEquals(0, replies.held());
  }

  @Test
  void longRead_stopsRequests_untilAllAreAnswered() throws Exception {
    String longKey = "k".repeat(64 * 1024);
    read(longKey);
    assertFalse(replies.mayAccept());
    answer(0, reply(longKey, ":1 "));
    assertTrue(replies.mayAccept());
  }

  @Test
  void replyAboveTheLimit_isLookedUpAgainWithItsRead() throws Exception {
    get("a");
    read("b", "c");
    answer(1, reply("b", "$65536 " + large("x") + " "));
    answer(2, reply("c", ":3 "));
    assertEquals(List.of("a", "hget b f", "hget c f"), lookedUp());
    answer(0, "1");
    assertEquals(List.of("k"), lookedUp());
    answer(0, "1");
    assertEquals(List.of("hget b f"), lookedUp());
    answer(1, reply("b", ":2 "));
    assertEquals(List.of("hget c f"), lookedUp());
    answer(2, reply("c", ":3 "));
    assertEquals("$1 1 :2 :3 ", written());
    assertTrue(replies.mayAccept());
    assertEquals(0, replies.held());
  }

  /** It was found before the load was answered, and may be older than what the load brought. */
  @Test
  void replyFoundBeforeALoad_ofTheSameKey_isLookedUpAgain() throws Exception {
    read("k");
    read("k");
    hit(1, reply("k", ":1 "));
    lookedUp();
    answer(0, reply("k", ":2 "));
    assertEquals("", written());
    assertFalse(replies.mayAccept());
    assertEquals(List.of("hget k f"), lookedUp());
    hit(0, reply("k", ":2 "));
    hit(1, reply("k", ":2 "));
    assertEquals(":2 :2 ", written());
    assertTrue(replies.mayAccept());
    assertTrue(replies.isEmpty());
  }

  @Test
  void valueFoundBeforeALoadOfAReply_isLookedUpAgain() throws Exception {
    read("k");
    get("k");
    hit(1, FakeCache.entry("k", "old"));
    lookedUp();
    answer(0, reply("k", ":3 "));
    hit(0, reply("k", ":3 "));
    assertEquals(List.of("hget k f", "k"), lookedUp());
    hit(1, FakeCache.entry("k", "new"));
    assertEquals(":3 $3 new ", written());
  }

  @Test
  void replyFoundBeforeALoadOfAValue_isLookedUpAgain() throws Exception {
    get("k");
    read("k");
    hit(1, reply("k", ":1 "));
    lookedUp();
    answer(0, "new");
    hit(0, FakeCache.entry("k", "new"));
    assertEquals(List.of("k", "hget k f"), lookedUp());
    hit(1, reply("k", ":3 "));
    assertEquals("$3 new :3 ", written());
  }

  @Test
  void replyFoundBeforeALoad_ofAnotherKey_isWritten() throws Exception {
    read("a", "b");
    get("c");
    hit(1, reply("b", ":1 "));
    hit(2, FakeCache.entry("c", "3"));
    lookedUp();
    answer(0, reply("a", ":2 "));
    assertEquals(":2 :1 $1 3 ", written());
    assertEquals(List.of(), lookedUp());
  }

  /** A hit is of the same state as the other hits, and a reply before it is not newer. */
  @Test
  void repliesThatAreHits_areWritten() throws Exception {
    read("k", "k", "k");
    hit(2, reply("k", ":1 "));
    hit(1, reply("k", ":1 "));
    hit(0, reply("k", ":1 "));
    lookedUp();
    assertEquals(":1 :1 :1 ", written());
    assertTrue(replies.mayAccept());
  }

  // Reads of several keys

  private static final CachedCommand MGET =
      new CachedCommand("mget", false, CachedCommand.Fields.NONE, CachedCommand.Resp3.OTHER);

  private void mget() throws Exception {
    front.cache.isSlowWith("mget a b");
    front.loop.run(() -> replies.read(Parsed.line("mget a b"), MGET));
    front.settle();
  }

  private static Answer mgetReply(String text) {
    return Cached.reply(FakeCache.key("a"), Reads.read(Read.KEYS, "mget", "b"), text);
  }

  private static Answer notCached(int flags) {
    return new NotCached(FakeCache.key("a"), Reads.read(flags, "mget", "b"));
  }

  /** Redis executes it behind them only if they are answered. */
  @Test
  void keysThatRedisMustAnswer_areAskedForBehindAllEarlierReplies() throws Exception {
    front.cache.isSlowWith("x");
    get("x");
    mget();
    lookedUp();
    answer(1, notCached(Read.KEYS));
    assertEquals(List.of(), lookedUp());
    answer(0, "1");
    assertEquals("$1 1 ", written());
    assertEquals(List.of("mget a b"), lookedUp());
    assertFalse(replies.mayAccept());
    answer(1, mgetReply("*2 $1 1 $1 2 "));
    assertEquals("*2 $1 1 $1 2 ", written());
    assertTrue(replies.mayAccept());
    assertTrue(replies.isEmpty());
    assertFalse(replies.isReading());
    assertFalse(replies.hasObserved());
  }

  /** They were found before Redis answered it, and may be older. */
  @Test
  void repliesBehindKeysThatRedisMustAnswer_areLookedUpAgain() throws Exception {
    mget();
    get("b");
    hit(1, FakeCache.entry("b", "old"));
    lookedUp();
    answer(0, notCached(Read.KEYS));
    assertEquals(List.of("mget a b"), lookedUp());
    answer(0, mgetReply("*2 $1 1 $3 new "));
    assertEquals("*2 $1 1 $3 new ", written());
    assertEquals(List.of("b"), lookedUp());
    hit(1, FakeCache.entry("b", "new"));
    assertEquals("$3 new ", written());
  }

  @Test
  void repliesFoundBeforeALoadOfSeveralKeys_areLookedUpAgain() throws Exception {
    mget();
    get("b");
    hit(1, FakeCache.entry("b", "old"));
    lookedUp();
    answer(0, mgetReply("*2 $1 1 $3 new "));
    hit(0, mgetReply("*2 $1 1 $3 new "));
    assertEquals(List.of("mget a b", "b"), lookedUp());
    hit(1, FakeCache.entry("b", "new"));
    assertEquals("*2 $1 1 $3 new $3 new ", written());
  }

  @Test
  void keysFoundBeforeALoad_areLookedUpAgain() throws Exception {
    read("b");
    mget();
    hit(1, mgetReply("*2 $1 1 $3 old "));
    lookedUp();
    answer(0, reply("b", ":3 "));
    hit(0, reply("b", ":3 "));
    assertEquals(List.of("hget b f", "mget a b"), lookedUp());
    hit(1, mgetReply("*2 $1 1 $3 new "));
    assertEquals(":3 *2 $1 1 $3 new ", written());
  }
}
