package redisproxy.resp;

/**
 * The input is not RESP. For a request, the message is Redis's own error text. After sending it,
 * close the connection, because it is unknown where the next request begins. Has no stack trace:
 * the peer caused the error, not the proxy.
 */
public class ProtocolError extends Exception {

  public ProtocolError(String message) {
    super("ERR Protocol error: " + message, null, false, false);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
