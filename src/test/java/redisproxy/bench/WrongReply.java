package redisproxy.bench;

/** A server answered what it must not have: there is nothing to measure. */
final class WrongReply extends RuntimeException {
  WrongReply(String what) {
    super(what, null, false, false);
  }
}
