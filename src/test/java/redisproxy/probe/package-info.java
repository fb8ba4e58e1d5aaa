/**
 * {@code make probe}: how stale a read through the proxy can be. Writers write versions of keys,
 * straight to Redis and through the proxy; readers read them through the proxy, over RESP and HTTP;
 * a {@link redisproxy.probe.History} of each key judges what they read. docs/freshness.md says what
 * the figures mean.
 */
package redisproxy.probe;
