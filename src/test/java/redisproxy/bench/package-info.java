/**
 * What {@code make bench} measures with: a {@link redisproxy.bench.Generator} that costs little CPU
 * for each request, servers that answer a constant as limits to compare with, a relay that delays
 * bytes, and the time a start takes. {@link redisproxy.bench.Bench} runs each; bench/run calls it.
 * Beside them, the JMH benchmarks of bench/jmh. docs/performance.md says what the figures mean.
 */
package redisproxy.bench;
