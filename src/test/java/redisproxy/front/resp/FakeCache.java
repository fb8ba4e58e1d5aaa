package redisproxy.front.resp;

import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Answers;
import redisproxy.bus.Bus.Fence;
import redisproxy.bus.Bus.Lookups;
import redisproxy.bus.Bus.ReportRequest;
import redisproxy.bus.Bus.Requester;
import redisproxy.cache.Answer;
import redisproxy.cache.Cached;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.cache.NotCached;
import redisproxy.cache.Read;
import redisproxy.command.Parsed;
import redisproxy.command.Writes;
import redisproxy.upstream.Loop;

/**
 * The cache at the other end of the bus. It answers lookups at once, unless the test delays them.
 * Fences and reportRequests wait for the test.
 *
 * <p>A lookup is named by its key if it is a GET; otherwise by its request, such as {@code hget k
 * f}.
 */
final class FakeCache {
  /** A lookup that is not answered yet. */
  private record Waiting(
      String replyTo,
      Requester requester,
      int ticket,
      Key key,
      @Nullable Read read,
      long askedAt) {}

  private final Loop loop;
  private final Vertx vertx;

  /** The answers by key. Other keys are missing. */
  private final Map<String, Answer> answers = new HashMap<>();

  /** The replies to other reads by request. Others are nil. */
  private final Map<String, String> replies = new HashMap<>();

  private final Set<String> uncached = new HashSet<>();

  private final Set<String> slow = new HashSet<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final Queue<Fence> fences = new ArrayDeque<>();
  private final Queue<ReportRequest> reportRequests = new ArrayDeque<>();
  private List<String> messages = new ArrayList<>();

  /** Receives each invalidation on the event loop, before later messages. */
  Consumer<Writes> invalidated = writes -> {};

  /** Call it on the event loop. */
  FakeCache(Loop loop) {
    this.loop = loop;
    this.vertx = loop.vertx;
    var bus = vertx.eventBus();
    bus.<Lookups>localConsumer(Bus.LOOKUPS, message -> lookedUp(message.body()));
    bus.<Fence>localConsumer(Bus.FENCES, message -> asked(message.body()));
    bus.<ReportRequest>localConsumer(Bus.REPORT, message -> reportRequests.add(message.body()));
    bus.<Writes>localConsumer(Bus.INVALIDATIONS, message -> written(message.body()));
    bus.<Long>localConsumer(Bus.MOVED, message -> messages.add("moved"));
  }

  private void lookedUp(Lookups lookups) {
    for (int i = 0; i < lookups.size; i++) {
      Key key =
          Key.copyOf(
              lookups.dbs[i],
              lookups.keys,
              lookups.keyStart(i),
              lookups.keyLength(i),
              lookups.hashes[i]);
      int end = lookups.keyStart(i) + lookups.keyLength(i);
      int readLength = lookups.readLengths[i];
      Read read = readLength == 0 ? null : Read.copyOf(lookups.keys, end, readLength);
      messages.add("lookup " + (key.db() == 0 ? "" : key.db() + "/") + described(key, read));
      if (slow.contains(name(key, read))) {
        waiting.add(
            new Waiting(
                lookups.replyTo,
                lookups.requesters[i],
                lookups.tickets[i],
                key,
                read,
                lookups.askedAt));
      } else {
        lookups.answers[i] = answer(key, read);
      }
    }
    vertx.eventBus().send(lookups.replyTo, lookups, Bus.BY_REFERENCE);
  }

  private void asked(Fence fence) {
    messages.add("fence" + (fence.dropsAll ? " all" : "") + (fence.checksAccess ? " access" : ""));
    fences.add(fence);
  }

  private void written(Writes writes) {
    messages.add("invalidate " + Parsed.keys(writes));
    invalidated.accept(writes);
  }

  private Answer answer(Key key, @Nullable Read read) {
    if (read == null) {
      return answers.getOrDefault(text(key), Entry.missing(key, 0, 1));
    }
    String name = name(key, read);
    return uncached.contains(name)
        ? new NotCached(key, read)
        : Cached.reply(key, read, replies.getOrDefault(name, "$-1 "));
  }

  private static String text(Key key) {
    return new String(key.bytes(), StandardCharsets.US_ASCII);
  }

  private static String name(Key key, @Nullable Read read) {
    if (read == null) {
      return text(key);
    }
    List<String> words = new ArrayList<>();
    read.words().forEach(word -> words.add(new String(word, StandardCharsets.ISO_8859_1)));
    words.add(1, text(key));
    return String.join(" ", words);
  }

  private static String described(Key key, @Nullable Read read) {
    boolean isResp3 = read != null && read.has(Read.RESP3);
    return name(key, read) + (isResp3 ? " in RESP3" : "");
  }

  static Key key(String name) {
    return Key.of(0, name.getBytes(StandardCharsets.US_ASCII));
  }

  static Entry entry(String key, String value) {
    return Entry.value(key(key), value.getBytes(StandardCharsets.US_ASCII), 0, 1);
  }

  /** Sets the value of a key. */
  void has(String key, String value) throws Exception {
    answers(key, entry(key, value));
  }

  /** Sets the reply to a read, such as {@code hget k f}. A blank stands for a line end. */
  void replies(String read, String reply) throws Exception {
    loop.run(() -> replies.put(read, reply));
  }

  /** From now on, the cache cannot answer a read. */
  void cannotAnswer(String read) throws Exception {
    loop.run(() -> uncached.add(read));
  }

  /** Sets the answer to lookups of a key. */
  void answers(String key, Answer answer) throws Exception {
    loop.run(() -> put(key, answer));
  }

  /** Like {@link #answers}, on the event loop. */
  void put(String key, Answer answer) {
    answers.put(key, answer);
  }

  /** From now on, lookups of these keys wait for {@link #answer}. */
  void isSlowWith(String... keys) throws Exception {
    loop.run(() -> slow.addAll(List.of(keys)));
  }

  /** From now on, lookups of a key are answered at once. Waiting lookups continue to wait. */
  void isQuickWith(String key) throws Exception {
    loop.run(() -> slow.remove(key));
  }

  /** Answers the oldest waiting lookup of each key, all in one message. */
  void answer(String... keys) throws Exception {
    loop.run(
        () -> {
          Answers all = new Answers();
          String replyTo = "";
          for (String key : keys) {
            Waiting oldest =
                waiting.stream()
                    .filter(each -> name(each.key, each.read).equals(key))
                    .findFirst()
                    .get();
            waiting.remove(oldest);
            replyTo = oldest.replyTo;
            Answer answer = answer(oldest.key, oldest.read);
            all.add(oldest.requester, oldest.ticket, answer, oldest.key, oldest.askedAt);
          }
          vertx.eventBus().send(replyTo, all, Bus.BY_REFERENCE);
        });
  }

  /** The keys of the waiting lookups, oldest first. */
  List<String> waiting() throws Exception {
    return loop.call(() -> waiting.stream().map(each -> name(each.key, each.read)).toList());
  }

  /** Answers the oldest fence. */
  void fence(boolean passed) throws Exception {
    loop.run(
        () -> {
          Fence fence = fences.remove();
          fence.passed = passed;
          vertx.eventBus().send(fence.replyTo, fence, Bus.BY_REFERENCE);
        });
  }

  /** How many fences are not answered. */
  int fences() throws Exception {
    return loop.call(fences::size);
  }

  /** Answers the oldest reportRequest. */
  void report(Bus.Report report) throws Exception {
    loop.run(
        () -> {
          ReportRequest reportRequest = reportRequests.remove();
          reportRequest.report = report;
          vertx.eventBus().send(reportRequest.replyTo, reportRequest, Bus.BY_REFERENCE);
        });
  }

  /** The messages received since the last call, in order. */
  List<String> messages() throws Exception {
    return loop.call(
        () -> {
          List<String> all = messages;
          messages = new ArrayList<>();
          return all;
        });
  }
}
