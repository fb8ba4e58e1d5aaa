package redisproxy.front.http;

import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.bus.Bus;
import redisproxy.cache.Answer;
import redisproxy.cache.Key;
import redisproxy.http.Problem;
import redisproxy.tracing.RequestSpan;

/**
 * One HTTP request that waits for its lookup.
 *
 * @param span null if the request is not traced
 */
record HttpExchange(
    HttpAnswers answers,
    HttpServerRequest request,
    Key key,
    HttpStyle style,
    @Nullable RequestSpan span)
    implements Bus.Requester {
  private static final Logger LOG = LoggerFactory.getLogger(HttpExchange.class);

  @Override
  public void answered(int ticket, Answer answer, boolean hit) {
    answers.write(this, answer, hit);
  }

  /** Does nothing, because {@link #answered} has written each response already. */
  @Override
  public void answersEnd() {}

  @Override
  public void broken(Throwable fault) {
    LOG.error("request ended by a fault of the proxy", fault);
    request.connection().close();
  }

  void fail(Problem problem) {
    style.fail(request, key.bytes(), problem);
  }
}
