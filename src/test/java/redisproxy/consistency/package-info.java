/**
 * {@code make consistency} checks that the replies to clients are consistent. Sessions of all kinds
 * read and write few keys, through the proxy and past it, while a {@link
 * redisproxy.consistency.Nemesis} breaks things. All requests and replies are recorded. MONITOR
 * records what Redis has really executed, and in which order. A {@link
 * redisproxy.consistency.Checker} compares the two.
 */
package redisproxy.consistency;
