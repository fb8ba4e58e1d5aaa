package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.cache.Failure;
import redisproxy.upstream.FakeRedis;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** The commands of a load, and the answers that follow from their replies. */
class QuestionTest {
  private static final int NO_EXPIRY = -1;
  private static final int GONE = -2;
  private static final int NOT_KEPT = -1;

  private static final List<String> RANGE = List.of("GETRANGE a 0 10", "PTTL a");
  private static final List<String> WHOLE = List.of("GET a", "PTTL a");
  private static final List<String> AT_ONCE = List.of("MULTI", "GETRANGE a 0 10", "PTTL a", "EXEC");

  private static final String WRONG_TYPE =
      "WRONGTYPE Operation against a key holding the wrong kind of value";

  private static final String NO_RANGE =
      "-NOPERM this user has no permissions to run the 'getrange' command";

  private static final String NO_PTTL =
      "-NOPERM this user has no permissions to run the 'pttl' command";

  private static final String NO_STRING =
      "a: REDIS ERR redis-proxy: Redis sent a reply that is not a string";

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Reads reads = new Reads(loop, time);
  private final FakeRedis redis = new FakeRedis(loop, null, 0);
  private final List<Question<String>> questions = new ArrayList<>();
  private Loader<String> loader;

  @BeforeEach
  void open() throws Exception {
    Transport transport = time.transport();
    loader =
        loop.call(
            () -> new Loader<>(time.vertx, transport, Reads.MAX, time, reads.cache, Reads.NOBODY));
    reads.loader = load -> questions.add(new Question<>(loader, redis, load));
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  /** Loads keys with one write. */
  private void ask(String... keys) throws Exception {
    reads.load(keys);
    loop.run(() -> Question.ask(redis, questions));
  }

  /** Loads a key with a write for each command. */
  private void askAlone(String key) throws Exception {
    reads.load(key);
    loop.run(questions.get(questions.size() - 1)::ask);
  }

  private void assertSent(List<String> requests) throws Exception {
    assertEquals(requests, redis.sent());
  }

  private void assertTold(String... answers) {
    assertEquals(List.of(answers), reads.answers());
  }

  @Test
  void questions_shareOneWriteAndAreAnsweredTogether() throws Exception {
    ask("a", "b", "c");
    assertSent(
        List.of("GETRANGE a 0 10, PTTL a, GETRANGE b 0 10, PTTL b, GETRANGE c 0 10, PTTL c"));
    redis.reply("x", 5, "", GONE, "12345678901");
    assertTold();
    redis.reply(NO_EXPIRY);
    assertTold("a: 'x'", "b: missing", "c: too large");
    assertTrue(questions.stream().allMatch(Question::isAnswered));
  }

  private static Stream<Arguments> pairs() {
    return Stream.of(
        Arguments.of("a value that expires", "v", 5, "a: 'v'", 5),
        Arguments.of("a value that does not", "v", NO_EXPIRY, "a: 'v'", Reads.EXPIRY_MS),
        Arguments.of("no key", "", GONE, "a: missing", Reads.EXPIRY_MS),
        Arguments.of("the longest value", "1234567890", 5, "a: '1234567890'", 5),
        Arguments.of("a longer value", "12345678901", 5, "a: too large", NOT_KEPT),
        Arguments.of("a key gone meanwhile", "v", GONE, "a: 'v'", NOT_KEPT),
        Arguments.of("an invalid time", "v", -3, "a: 'v'", NOT_KEPT),
        Arguments.of("a time that is not a number", "v", "+OK", "a: 'v'", NOT_KEPT),
        Arguments.of("no time", "v", null, "a: 'v'", NOT_KEPT),
        Arguments.of("not a string", "+v", 5, NO_STRING, NOT_KEPT),
        Arguments.of("no value", null, 5, NO_STRING, NOT_KEPT));
  }

  /** In a batch, and with a write for each command. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("pairs")
  void rangeAndTime_giveTheAnswer(String what, Object range, Object pttl, String answer, long kept)
      throws Exception {
    ask("a");
    redis.reply(range, pttl);
    assertTold(answer);
    assertEquals(kept, reads.kept("a"));
    assertTrue(questions.get(0).isAnswered());
    loop.run(reads.cache::invalidateAll);
    askAlone("a");
    redis.reply(range, pttl);
    assertTold(answer);
    assertEquals(kept, reads.kept("a"));
  }

  /** The Redis client reports one error, reworded, in place of all replies. */
  @Test
  void errorInABatch_isRetriedAlone_andReportedInRedissWords() throws Exception {
    ask("a", "b");
    redis.sent();
    redis.reply("-" + WRONG_TYPE, 5, "y", 5);
    assertTold();
    assertSent(List.of("GETRANGE a 0 10", "PTTL a", "GETRANGE b 0 10", "PTTL b"));
    redis.reply("-" + WRONG_TYPE, 5, "y", 5);
    assertTold("a: REDIS " + WRONG_TYPE, "b: 'y'");
    assertEquals(NOT_KEPT, reads.kept("a"));
    assertEquals(5, reads.kept("b"));
    assertTrue(questions.get(0).isAnswered());
  }

  @Test
  void value_whenPttlIsRefused_isNotKept() throws Exception {
    askAlone("a");
    redis.reply("v", NO_PTTL);
    assertTold("a: 'v'");
    assertEquals(NOT_KEPT, reads.kept("a"));
  }

  /** The key may have been created between the two commands, with a value that is not empty. */
  @Test
  void emptyRangeOfAnExistingKey_isAskedAgainInATransaction() throws Exception {
    ask("a");
    redis.sent();
    redis.reply("", 5);
    assertTold();
    assertFalse(questions.get(0).isAnswered());
    assertSent(AT_ONCE);
  }

  private static Stream<Arguments> transactions() {
    return Stream.of(
        Arguments.of("an empty value", List.of("", NO_EXPIRY), "a: ''", Reads.EXPIRY_MS),
        Arguments.of("an empty value that expires", List.of("", 7), "a: ''", 7),
        Arguments.of("no key", List.of("", GONE), "a: missing", Reads.EXPIRY_MS),
        Arguments.of("a value", List.of("v", 7), "a: 'v'", 7),
        Arguments.of("a value too long", List.of("12345678901", 7), "a: too large", NOT_KEPT),
        Arguments.of("a value, but no time", List.of("v", NO_PTTL), "a: 'v'", NOT_KEPT),
        Arguments.of("an error", List.of("-" + WRONG_TYPE, 7), "a: REDIS " + WRONG_TYPE, NOT_KEPT));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("transactions")
  void transaction_distinguishesAnEmptyValueFromAMissingKey(
      String what, List<?> exec, String answer, long kept) throws Exception {
    ask("a");
    redis.reply("", 5, "+OK", "+QUEUED", "+QUEUED", exec);
    assertTold(answer);
    assertEquals(kept, reads.kept("a"));
    assertTrue(questions.get(0).isAnswered());
  }

  private static Stream<Object> useless() {
    return Stream.of(
        "-EXECABORT Transaction discarded because of previous errors.",
        "+OK",
        List.of("v"),
        List.of("v", 5, 5),
        List.of("+v", 5),
        Arrays.asList(null, 5),
        List.of("", NO_PTTL));
  }

  @ParameterizedTest
  @MethodSource("useless")
  void uselessTransaction_fallsBackToGet(Object exec) throws Exception {
    ask("a");
    redis.reply("", 5);
    redis.sent();
    redis.reply("-NOPERM", "+QUEUED", "+QUEUED", exec);
    assertSent(WHOLE);
    redis.reply("", 5);
    assertTold("a: ''");
    assertEquals(5, reads.kept("a"));
  }

  @Test
  void forbiddenGetrange_fallsBackToGetPermanently() throws Exception {
    ask("a");
    redis.reply(NO_RANGE, 5);
    redis.sent();
    redis.reply(NO_RANGE, 5);
    assertSent(WHOLE);
    redis.reply("v", 5);
    assertTold("a: 'v'");
    assertEquals(5, reads.kept("a"));
    assertTrue(loader.rangeForbidden());
    loop.run(reads.cache::invalidateAll);
    askAlone("a");
    assertSent(WHOLE);
  }

  @Test
  void forbiddenKey_doesNotForbidGetrange() throws Exception {
    String error = "NOPERM this user has no permissions to access one of the keys";
    askAlone("a");
    assertSent(RANGE);
    redis.reply("-" + error, 5);
    assertTold("a: REDIS " + error);
    assertFalse(loader.rangeForbidden());
  }

  private static Stream<Arguments> wholes() {
    return Stream.of(
        Arguments.of("", 5, "a: ''", 5),
        Arguments.of(null, GONE, "a: missing", Reads.EXPIRY_MS),
        Arguments.of("12345678901", 5, "a: too large", NOT_KEPT),
        Arguments.of("v", NO_PTTL, "a: 'v'", NOT_KEPT),
        Arguments.of("+v", 5, NO_STRING, NOT_KEPT),
        Arguments.of("-" + WRONG_TYPE, 5, "a: REDIS " + WRONG_TYPE, NOT_KEPT));
  }

  @ParameterizedTest
  @MethodSource("wholes")
  void wholeValueAndTime_giveTheAnswer(Object get, Object pttl, String answer, long kept)
      throws Exception {
    loader.forbidRange("NOPERM");
    askAlone("a");
    redis.reply(get, pttl);
    assertTold(answer);
    assertEquals(kept, reads.kept("a"));
    assertTrue(questions.get(0).isAnswered());
  }

  /** The pipeline handles the loads of a lost connection. */
  @Test
  void lostConnection_doesNotEndTheLoad() throws Exception {
    ask("a");
    askAlone("b");
    redis.lose();
    assertTold();
    assertFalse(questions.get(0).isAnswered());
    assertFalse(questions.get(1).isAnswered());
    assertTrue(questions.get(0).giveUp());
    assertFalse(questions.get(0).giveUp(), "only once");
  }

  @Test
  void questionAfterGiveUp_ignoresItsReply() throws Exception {
    ask("a");
    assertTrue(loop.call(questions.get(0)::giveUp));
    redis.reply("v", 5);
    assertTold();
    assertEquals(NOT_KEPT, reads.kept("a"));
  }

  @Test
  void failedQuestion_failsTheLoadOnce_andStaysUnansweredUntilTheReply() throws Exception {
    ask("a");
    Question<String> question = questions.get(0);
    Failure failure = new Failure(Failure.Kind.TIMEOUT, "too late");
    loop.run(() -> question.fail(failure));
    loop.run(() -> question.fail(failure));
    assertTold("a: TIMEOUT too late");
    assertFalse(question.giveUp(), "it has ended");
    assertFalse(question.isAnswered());
    redis.reply("v", 5);
    assertTrue(question.isAnswered());
    assertTold();
    assertEquals(NOT_KEPT, reads.kept("a"));
  }

  @Test
  void cacheFault_failsTheLoadAndClearsTheCache() throws Exception {
    ask("a");
    redis.reply("v", 5);
    assertTold("a: 'v'");
    reads.fault = new IllegalStateException("a fault of the test");
    questions.clear();
    ask("b");
    redis.reply("v", 5);
    assertTold("b: BROKEN the proxy failed");
    assertEquals(NOT_KEPT, reads.kept("a"));
  }
}
