/**
 * {@code make attack}: hostile clients against the packaged proxy in a small heap, one kind after
 * the other, each for some seconds. While they are at it, well-behaved clients go on reading, and
 * what the proxy holds is measured from outside. Figures are reported; what must hold whatever the
 * figures is asserted by {@code AttackIT}.
 */
package redisproxy.attack;
