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
import redisproxy.bus.Bus;
import redisproxy.bus.Bus.Answers;
import redisproxy.bus.Bus.Asker;
import redisproxy.bus.Bus.Enquiry;
import redisproxy.bus.Bus.Fence;
import redisproxy.bus.Bus.Lookups;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.command.Parsed;
import redisproxy.command.Writes;
import redisproxy.upstream.Loop;

/**
 * The cache at the other end of the bus. It answers lookups at once, unless the test delays them.
 * Fences and enquiries wait for the test.
 */
final class FakeCache {
  /** A lookup that is not answered yet. */
  private record Waiting(String replyTo, Asker asker, int ticket, Key key, long askedAt) {}

  private final Loop loop;
  private final Vertx vertx;

  /** The answers by key. Other keys are missing. */
  private final Map<String, Answer> answers = new HashMap<>();

  private final Set<String> slow = new HashSet<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final Queue<Fence> fences = new ArrayDeque<>();
  private final Queue<Enquiry> enquiries = new ArrayDeque<>();
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
    bus.<Enquiry>localConsumer(Bus.REPORT, message -> enquiries.add(message.body()));
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
      messages.add("lookup " + name(key));
      if (slow.contains(text(key))) {
        waiting.add(
            new Waiting(
                lookups.replyTo, lookups.askers[i], lookups.tickets[i], key, lookups.askedAt));
      } else {
        lookups.answers[i] = answer(key);
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

  private Answer answer(Key key) {
    return answers.getOrDefault(text(key), Entry.missing(key, 0, 1));
  }

  private static String text(Key key) {
    return new String(key.bytes(), StandardCharsets.US_ASCII);
  }

  private static String name(Key key) {
    return (key.db() == 0 ? "" : key.db() + "/") + text(key);
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
                waiting.stream().filter(each -> text(each.key).equals(key)).findFirst().get();
            waiting.remove(oldest);
            replyTo = oldest.replyTo;
            all.add(oldest.asker, oldest.ticket, answer(oldest.key), oldest.key, oldest.askedAt);
          }
          vertx.eventBus().send(replyTo, all, Bus.BY_REFERENCE);
        });
  }

  /** The keys of the waiting lookups, oldest first. */
  List<String> waiting() throws Exception {
    return loop.call(() -> waiting.stream().map(each -> text(each.key)).toList());
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

  /** Answers the oldest enquiry. */
  void report(Bus.Report report) throws Exception {
    loop.run(
        () -> {
          Enquiry enquiry = enquiries.remove();
          enquiry.report = report;
          vertx.eventBus().send(enquiry.replyTo, enquiry, Bus.BY_REFERENCE);
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
