package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import redisproxy.command.CommandName;
import redisproxy.command.OutstandingRequests;
import redisproxy.command.Request;

/**
 * Filters the requests on a dedicated connection. Redis gets no request beyond the rate limit. If
 * the proxy checks credentials itself, Redis also gets no credentials of clients, and no request of
 * a client that has not logged in. Such a request is replaced by another, so that each request
 * still has a reply and the proxy's answers stay in order.
 */
final class DedicatedGuard {
  private static final long RESET = CommandName.of("reset");
  private static final long QUIT = CommandName.of("quit");
  private static final byte[] RESET_REQUEST = ascii("*1\r\n$5\r\nRESET\r\n");

  /**
   * Replaces a request that the proxy answers. Redis refuses it in every state of the connection.
   * It changes no state, except that the error aborts an open transaction, as it must.
   */
  private static final byte[] REFUSED_REQUEST = ascii("*1\r\n$4\r\nAUTH\r\n");

  private final ClientLimits limits;

  /** Null if Redis checks credentials. */
  private final @Nullable Login login;

  private final byte[] greeting;

  /**
   * For one dedicated connection.
   *
   * @param login null if Redis checks credentials
   * @param greeting the one request that logs the proxy in, or empty
   */
  DedicatedGuard(ClientLimits limits, @Nullable Login login, byte[] greeting) {
    this.limits = limits;
    this.login = login;
    this.greeting = greeting;
  }

  /** What to send before everything else, or null. */
  @Nullable ByteBuf greet(OutstandingRequests outstanding) {
    if (login == null || greeting.length == 0) {
      return null;
    }
    outstanding.addOwn();
    return Unpooled.wrappedBuffer(greeting);
  }

  /** What to send to Redis in place of a request that the proxy answers. */
  static ByteBuf refusedRequest() {
    return Unpooled.wrappedBuffer(REFUSED_REQUEST);
  }

  /** Whether the proxy checks credentials, and not Redis. */
  boolean checksCredentials() {
    return login != null;
  }

  /** Whether the client may send requests to Redis. */
  boolean isOpen() {
    return login == null || login.isLoggedIn();
  }

  /** Whether Redis closes the connection after this request. */
  static boolean isQuit(Request request) {
    return request.name() == QUIT;
  }

  /**
   * What to send to Redis in place of a request. In that case the request has been added to the
   * outstanding ones. Null if the request may pass unchanged; then it has not been added.
   */
  @Nullable ByteBuf replacementFor(Request request, OutstandingRequests outstanding) {
    if (limits.isExceeded()) {
      outstanding.addAnswered(ClientLimits.EXCEEDED);
      return refusedRequest();
    }
    if (login == null) {
      return null;
    }
    long name = request.name();
    if (name == RESET && request.count() == 1 && request.isWhole() && login.isLoggedIn()) {
      login.reset();
      return greeting.length == 0 ? null : reset(request, outstanding);
    }
    if (!login.handles(name)) {
      return null;
    }
    byte[] answer = login.answer(request, outstanding.isInTransaction());
    if (answer != null) {
      outstanding.addAnswered(answer);
      return refusedRequest();
    }
    ByteBuf hello = Login.withoutAuth(request);
    if (hello != null) {
      outstanding.add(request);
    }
    return hello;
  }

  /** RESET, followed by the proxy's log-in to Redis, which RESET ends too. */
  private ByteBuf reset(Request request, OutstandingRequests outstanding) {
    outstanding.add(request);
    outstanding.addOwn();
    return Unpooled.wrappedBuffer(RESET_REQUEST, greeting);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
