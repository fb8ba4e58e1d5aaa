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
 * The spans of the loads in flight that a client waits for. The key of each span is its load's
 * first waiter. Belongs to the cache's event loop.
 */
final class LoadSpans {
  /** Null if loads are not traced. */
  private final @Nullable Spans spans;

  private final IdentityHashMap<Object, LoadSpan> open = new IdentityHashMap<>();

  /**
   * Starts without open spans.
   *
   * @param spans null if loads are not traced
   */
  LoadSpans(@Nullable Spans spans) {
    this.spans = spans;
  }

  /**
   * Begins the span of a load.
   *
   * @param first the load's first waiter
   * @param requester made the lookup; its span is the parent
   */
  void begin(Object first, Bus.Requester requester, int db) {
    if (spans != null) {
      open.put(first, spans.load(requester.span(), db));
    }
  }

  /** Ends the span of a load when its first waiter is answered. Ignores other waiters. */
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
