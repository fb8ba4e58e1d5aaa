package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redisproxy.auth.Credentials;
import redisproxy.command.CommandName;
import redisproxy.command.Request;
import redisproxy.resp.Reply;

/**
 * The log-in of a session, if the proxy checks credentials itself ({@code auth.mode: own}). Answers
 * AUTH, and the AUTH within HELLO, in the words of Redis 7.0. Also answers every request of a
 * client that has not logged in. So Redis sees no credentials of clients, and no requests of
 * clients that the proxy does not let in.
 */
final class Login {
  private static final long AUTH = CommandName.of("auth");
  private static final long HELLO = CommandName.of("hello");
  private static final long QUIT = CommandName.of("quit");
  private static final long RESET = CommandName.of("reset");

  private static final byte[] NOAUTH = Reply.error("NOAUTH Authentication required.");
  private static final byte[] NOAUTH_HELLO =
      Reply.error(
          "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
              + " AUTH <user> <pass> option can be used to authenticate the client and select the"
              + " RESP protocol version at the same time");

  /** The reply to a failed log-in; compared by identity. */
  static final byte[] WRONGPASS =
      Reply.error("WRONGPASS invalid username-password pair or user is disabled.");

  private static final byte[] NO_PASSWORD =
      Reply.error(
          "ERR AUTH <password> called without any password configured for the default user. Are you"
              + " sure your configuration is correct?");
  private static final byte[] SYNTAX = Reply.error("ERR syntax error");
  private static final byte[] NO_INTEGER =
      Reply.error("ERR Protocol version is not an integer or out of range");
  private static final byte[] NOPROTO = Reply.error("NOPROTO unsupported protocol version");
  private static final byte[] RESET_DONE = "+RESET\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] IN_TRANSACTION =
      Reply.error("ERR redis-proxy: logging in within MULTI is not possible");

  /** An integer as Redis parses it, without a plus sign or leading zeros. */
  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]{0,17}");

  private final Credentials credentials;
  private boolean loggedIn;

  /** For a session that has sent nothing yet. */
  Login(Credentials credentials) {
    this.credentials = credentials;
    this.loggedIn = !credentials.areNeeded();
  }

  /** Whether the client has logged in, or need not. */
  boolean isLoggedIn() {
    return loggedIn;
  }

  /** Whether {@link #answer} handles a command with this name. */
  boolean handles(long name) {
    return !loggedIn && name != QUIT || name == AUTH || name == HELLO;
  }

  /**
   * The reply to a request that this {@link #handles}. Null if the request may pass; {@link
   * #withoutAuth} then removes its credentials. Calling this again for a request that may pass has
   * the same result. Credentials that are too long to be read are wrong.
   *
   * @param transaction whether the connection is in a transaction, so that Redis would only queue
   *     the request
   */
  byte @Nullable [] answer(Request request, boolean transaction) {
    long name = request.name();
    if (name == AUTH) {
      return transaction ? IN_TRANSACTION : request.isWhole() ? auth(request) : WRONGPASS;
    }
    if (name == HELLO) {
      return request.isWhole() ? hello(request, transaction) : WRONGPASS;
    }
    if (name == RESET) {
      return request.count() == 1 && request.isWhole() ? RESET_DONE : Reply.wrongArity("reset");
    }
    return NOAUTH;
  }

  private byte[] auth(Request request) {
    switch (request.count()) {
      case 1:
        return Reply.wrongArity("auth");
      case 2:
        return credentials.areOpenToDefault()
            ? NO_PASSWORD
            : logIn(Credentials.DEFAULT_USER, request.copy(1));
      case 3:
        return logIn(request.copy(1), request.copy(2));
      default:
        return SYNTAX;
    }
  }

  /** As in Redis, a failed log-in does not end an earlier one. */
  private byte[] logIn(byte[] user, byte[] password) {
    if (!credentials.accept(user, password)) {
      return WRONGPASS;
    }
    loggedIn = true;
    return Reply.OK;
  }

  private byte @Nullable [] hello(Request request, boolean transaction) {
    if (loggedIn && authOptions(request) == 0) {
      return null;
    }
    if (transaction) {
      return IN_TRANSACTION;
    }
    if (request.count() > 1) {
      String version = request.text(1, 20);
      if (!version.equals("2") && !version.equals("3")) {
        return INTEGER.matcher(version).matches() ? NOPROTO : NO_INTEGER;
      }
    }
    byte[] error = options(request);
    return error != null ? error : loggedIn ? null : NOAUTH_HELLO;
  }

  /** Logs in with the options. Returns the error of the first wrong option, or null. */
  private byte @Nullable [] options(Request request) {
    for (int i = 2; i < request.count(); i++) {
      int more = request.count() - 1 - i;
      String option = request.text(i, 128);
      if (option.equalsIgnoreCase("auth") && more >= 2) {
        byte[] reply = logIn(request.copy(i + 1), request.copy(i + 2));
        if (reply != Reply.OK) {
          return reply;
        }
        i += 2;
      } else if (option.equalsIgnoreCase("setname") && more >= 1) {
        i++;
      } else {
        return Reply.error("ERR Syntax error in HELLO option '" + option + "'");
      }
    }
    return null;
  }

  /** How many AUTH options a HELLO has. */
  private static int authOptions(Request request) {
    int auths = 0;
    for (int i = 2; i < request.count(); i++) {
      String option = request.lowerCase(i, 8);
      if (option.equals("auth")) {
        auths++;
        i += 2;
      } else if (option.equals("setname")) {
        i++;
      }
    }
    return auths;
  }

  /** A HELLO that may pass, without its credentials. Null if the request may pass unchanged. */
  static @Nullable ByteBuf withoutAuth(Request request) {
    int auths = request.name() == HELLO ? authOptions(request) : 0;
    if (auths == 0) {
      return null;
    }
    String head = "*" + (request.count() - 3 * auths) + "\r\n";
    ByteBuf rest = Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII);
    for (int i = 0; i < request.count(); i++) {
      String option = i < 2 ? "" : request.lowerCase(i, 8);
      if (option.equals("auth")) {
        i += 2;
        continue;
      }
      rest.writeBytes(request.bulk(i));
      if (option.equals("setname")) {
        rest.writeBytes(request.bulk(++i));
      }
    }
    return rest;
  }

  /** The client has sent RESET, so it must log in again. */
  void reset() {
    loggedIn = !credentials.areNeeded();
  }
}
