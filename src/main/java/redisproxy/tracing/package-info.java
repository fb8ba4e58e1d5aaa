/** Spans of what the proxy does, for a collector of traces; the only user of OpenTelemetry. */
package redisproxy.tracing;
