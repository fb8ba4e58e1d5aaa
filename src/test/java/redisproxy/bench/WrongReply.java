package redisproxy.bench;

/** A server sent a wrong reply, so the measurement is worthless. */
final class WrongReply extends RuntimeException {
  WrongReply(String what) {
    super(what, null, false, false);
  }
}
