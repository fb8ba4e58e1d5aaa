package redisproxy.attack;

/** One kind of attack. */
@FunctionalInterface
interface Assault {
  /**
   * Attacks until the siege is over.
   *
   * @return what the proxy did, in a few words
   */
  String carryOut(Siege siege) throws Exception;
}
