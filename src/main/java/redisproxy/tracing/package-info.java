/** Spans for a trace collector. No other package uses OpenTelemetry. */
@NullMarked
package redisproxy.tracing;

import org.jspecify.annotations.NullMarked;
