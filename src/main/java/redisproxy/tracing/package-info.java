/** Spans of what the proxy does, for a collector of traces; the only user of OpenTelemetry. */
@NullMarked
package redisproxy.tracing;

import org.jspecify.annotations.NullMarked;
