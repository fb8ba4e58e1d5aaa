/**
 * {@code make probe} measures how stale a read through the proxy can be. Writers write versions of
 * keys, straight to Redis and through the proxy. Readers read them through the proxy, over RESP and
 * HTTP. A {@link redisproxy.probe.History} of each key judges the reads. docs/freshness.md explains
 * the figures.
 */
package redisproxy.probe;
