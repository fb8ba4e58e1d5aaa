/**
 * {@code make attack} runs hostile clients against the packaged proxy in a small heap, one kind of
 * attack after the other, each for some seconds. Meanwhile well-behaved clients keep reading, and
 * the proxy's resources are measured from outside. It reports figures. {@code AttackIT} asserts
 * what must hold whatever the figures are.
 */
package redisproxy.attack;
