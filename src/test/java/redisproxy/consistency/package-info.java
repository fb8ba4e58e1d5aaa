/**
 * {@code make consistency}: whether what clients are told fits together. Sessions of all kinds read
 * and write few keys through the proxy and past it while a {@link redisproxy.consistency.Nemesis}
 * breaks things; all they ask and are told is recorded, and so is, by MONITOR, what Redis has
 * really done and in which order. A {@link redisproxy.consistency.Judge} compares the two.
 */
package redisproxy.consistency;
