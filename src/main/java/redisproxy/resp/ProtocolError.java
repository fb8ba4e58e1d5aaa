package redisproxy.resp;

/**
 * The input is not RESP. The message is Redis's own text; after it is sent the connection is to be
 * closed, for there is no telling where the next request begins. Carries no stack trace: it is the
 * client's fault, not ours.
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
