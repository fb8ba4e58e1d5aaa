package redisproxy.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;

/** The span of a request over HTTP. */
public final class RequestSpan {
  private static final int SERVER_ERROR = 500;

  private final Span span;

  RequestSpan(Span span) {
    this.span = span;
  }

  /** What its parts are begun in. */
  Context context() {
    return Context.root().with(span);
  }

  /**
   * The request has been answered.
   *
   * @param status 0 when the client went before
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
