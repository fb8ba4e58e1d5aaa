package redisproxy;

import io.vertx.core.http.HttpServerRequest;
import redisproxy.cache.Answer;
import redisproxy.cache.Key;

/** One HTTP request that waits for its lookup. */
record HttpExchange(HttpAnswers answers, HttpServerRequest request, Key key, HttpStyle style)
    implements Bus.Asker {

  @Override
  public void answered(int ticket, Answer answer, boolean hit) {
    answers.write(this, answer, hit);
  }

  /** Each request was answered on its own. */
  @Override
  public void answersEnd() {}

  void fail(Problem problem) {
    style.fail(request, key.bytes(), problem);
  }
}
