package redisproxy.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;

/** The span of a load. */
public final class LoadSpan {
  private final Span span;

  LoadSpan(Span span) {
    this.span = span;
  }

  /** Ends the span of a load that found a value, or that the key is missing. */
  public void ended(String outcome) {
    span.setAttribute("redis_proxy.load.outcome", outcome);
    span.end();
  }

  /** Ends the span of a load that failed. */
  public void failed(String why) {
    span.setAttribute("error.type", why);
    span.setStatus(StatusCode.ERROR);
    span.end();
  }
}
