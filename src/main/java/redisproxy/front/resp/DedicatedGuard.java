package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import redisproxy.command.CommandName;
import redisproxy.command.Outstanding;
import redisproxy.command.Request;

/**
 * Guards a dedicated connection. Redis does not get requests beyond the rate limit. Where the proxy
 * judges clients, Redis gets no credentials, and nothing from a client that has not logged in. It
 * is sent something else in their place, so that each request still has a reply and the proxy's
 * answers come in order.
 */
final class DedicatedGuard {
  private static final long RESET = CommandName.of("reset");
  private static final long QUIT = CommandName.of("quit");
  private static final byte[] RESET_REQUEST = ascii("*1\r\n$5\r\nRESET\r\n");

  /**
   * What Redis is sent for a request that the proxy answers. Redis refuses it in whatever state the
   * connection is, and changes none but that of a transaction, which an error is to end.
   */
  private static final byte[] REFUSED_REQUEST = ascii("*1\r\n$4\r\nAUTH\r\n");

  private final ClientLimits limits;

  /** Null where Redis judges who the client is. */
  private final @Nullable Login login;

  private final byte[] greeting;

  /**
   * A guard for one dedicated connection.
   *
   * @param login null where Redis judges who the client is
   * @param greeting the one request that logs the proxy in, or empty
   */
  DedicatedGuard(ClientLimits limits, @Nullable Login login, byte[] greeting) {
    this.limits = limits;
    this.login = login;
    this.greeting = greeting;
  }

  /** What is sent before everything else, or null. */
  @Nullable ByteBuf greet(Outstanding outstanding) {
    if (login == null || greeting.length == 0) {
      return null;
    }
    outstanding.addOwn();
    return Unpooled.wrappedBuffer(greeting);
  }

  /** What Redis is sent for a request that the proxy answers. */
  static ByteBuf refusedRequest() {
    return Unpooled.wrappedBuffer(REFUSED_REQUEST);
  }

  /** Whether the proxy judges who the client is, and not Redis. */
  boolean judges() {
    return login != null;
  }

  /** Whether the client may say anything to Redis. */
  boolean isOpen() {
    return login == null || login.isIn();
  }

  /** Whether Redis reads nothing behind this request, and closes. */
  static boolean isLast(Request request) {
    return request.name() == QUIT;
  }

  /**
   * What Redis is sent in place of a request, which has then been added to the outstanding ones.
   * Null when the request may go on as it is; then it has not.
   */
  @Nullable ByteBuf inPlaceOf(Request request, Outstanding outstanding) {
    if (limits.isExceeded()) {
      outstanding.addAnswered(ClientLimits.EXCEEDED);
      return refusedRequest();
    }
    if (login == null) {
      return null;
    }
    long name = request.name();
    if (name == RESET && request.count() == 1 && request.isWhole() && login.isIn()) {
      login.reset();
      return greeting.length == 0 ? null : reset(request, outstanding);
    }
    if (!login.concerns(name)) {
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

  /** Redis then forgets who the proxy is, too. */
  private ByteBuf reset(Request request, Outstanding outstanding) {
    outstanding.add(request);
    outstanding.addOwn();
    return Unpooled.wrappedBuffer(RESET_REQUEST, greeting);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
