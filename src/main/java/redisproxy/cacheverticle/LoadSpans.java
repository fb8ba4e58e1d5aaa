package redisproxy.cacheverticle;

import java.util.IdentityHashMap;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Bus;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.TooLarge;
import redisproxy.cache.Unverified;
import redisproxy.tracing.LoadSpan;
import redisproxy.tracing.Spans;

/**
 * The spans of the loads in flight that somebody waits for, each held by who asked first. To be
 * used on the event loop of the cache.
 */
final class LoadSpans {
  /** Null where none are wanted. */
  private final @Nullable Spans spans;

  private final IdentityHashMap<Object, LoadSpan> open = new IdentityHashMap<>();

  /**
   * None yet.
   *
   * @param spans null where none are wanted
   */
  LoadSpans(@Nullable Spans spans) {
    this.spans = spans;
  }

  /**
   * A load begins.
   *
   * @param first who waits for it, and whose lookup it is
   */
  void begin(Object first, Bus.Asker asker, int db) {
    if (spans != null) {
      open.put(first, spans.load(asker.span(), db));
    }
  }

  /** Somebody is answered. */
  void end(Object waiter, Answer answer) {
    LoadSpan span = spans == null ? null : open.remove(waiter);
    if (span == null) {
      return;
    }
    if (answer instanceof Failure failure) {
      span.failed(failure.kind().name().toLowerCase(Locale.ROOT));
    } else if (answer instanceof Unverified) {
      span.failed("unverified");
    } else if (answer instanceof Entry entry && entry.isMissing()) {
      span.ended("missing");
    } else {
      span.ended(answer instanceof TooLarge ? "too_large" : "found");
    }
  }
}
