package redisproxy.front.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import redisproxy.cache.Failure;
import redisproxy.upstream.load.ValueStream;

/**
 * Streams a value that is too large to cache to an HTTP client, no faster than the client reads.
 */
final class HttpStream implements ValueStream.Sink {
  private final HttpExchange exchange;
  private final HttpAnswers answers;
  private final HttpServerResponse response;
  private boolean begun;

  HttpStream(HttpExchange exchange, HttpAnswers answers) {
    this.exchange = exchange;
    this.answers = answers;
    this.response = exchange.request().response();
  }

  @Override
  public void begin(long length, ValueStream stream) {
    begun = true;
    if (response.closed()) {
      cancel(stream);
      return;
    }
    response
        .putHeader("content-type", "application/octet-stream")
        .putHeader("content-length", Long.toString(length))
        .putHeader("cache-status", "redis-proxy; fwd=miss; detail=too-large")
        .putHeader("cache-control", "max-age=0, must-revalidate");
    if (exchange.request().method().equals(HttpMethod.HEAD)) {
      response.end();
      cancel(stream);
      return;
    }
    response.closeHandler(closed -> cancel(stream));
    response.exceptionHandler(failure -> cancel(stream));
    response.drainHandler(drained -> stream.resume());
  }

  private void cancel(ValueStream stream) {
    if (stream.cancel()) {
      answers.streamed();
    }
  }

  /**
   * Writes the buffer once and does not keep it, because it is the socket buffer of {@link
   * ValueStream}.
   */
  @Override
  public void data(Buffer data) {
    response.write(data);
  }

  @Override
  public boolean isFull() {
    return response.writeQueueFull();
  }

  @Override
  public void end() {
    answers.streamed();
    response.end();
  }

  @Override
  public void missing() {
    answers.streamed();
    if (!response.closed()) {
      answers.missing(exchange);
    }
  }

  /** Resets the response if the value has begun, because no other signal of the failure remains. */
  @Override
  public void failed(Failure failure) {
    answers.streamed();
    if (begun) {
      response.reset();
    } else if (!response.closed()) {
      answers.fail(exchange, failure);
    }
  }
}
