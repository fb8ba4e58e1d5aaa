package redisproxy.command;

import redisproxy.resp.ProtocolError;

/**
 * A request is larger than the parser's bounds. The reader index stays at the request's first byte.
 * The arguments before the one that is too long are available.
 */
public final class RequestTooLarge extends ProtocolError {

  RequestTooLarge(String message) {
    super(message);
  }
}
