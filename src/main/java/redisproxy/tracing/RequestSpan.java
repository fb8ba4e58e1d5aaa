package redisproxy.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;

/** The span of an HTTP request. */
public final class RequestSpan {
  private static final int SERVER_ERROR = 500;

  private final Span span;

  RequestSpan(Span span) {
    this.span = span;
  }

  /** The parent context of the request's child spans. */
  Context context() {
    return Context.root().with(span);
  }

  /**
   * Ends the span.
   *
   * @param status the HTTP status; 0 if the client left before the answer
   */
  public void ended(int status) {
    if (status > 0) {
      span.setAttribute("http.response.status_code", status);
    } else {
      span.setAttribute("error.type", "client_gone");
    }
    if (status >= SERVER_ERROR) {
      span.setAttribute("error.type", "" + status);
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
