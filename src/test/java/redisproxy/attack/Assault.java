package redisproxy.attack;

/** A way to attack. */
@FunctionalInterface
interface Assault {
  /**
   * Attacks for as long as the siege lasts.
   *
   * @return what the proxy did, in few words
   */
  String carryOut(Siege siege) throws Exception;
}
