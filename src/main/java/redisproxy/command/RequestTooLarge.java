package redisproxy.command;

import redisproxy.resp.ProtocolError;

/**
 * A request is longer than the parser takes in whole. The input stands unread at its first byte;
 * the arguments before the one that is too long can be read.
 */
public final class RequestTooLarge extends ProtocolError {

  RequestTooLarge(String message) {
    super(message);
  }
}
