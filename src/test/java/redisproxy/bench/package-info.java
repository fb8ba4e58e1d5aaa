/**
 * The tools of {@code make bench}: a {@link redisproxy.bench.Generator} that needs little CPU for
 * each request, servers with constant answers as limits to compare with, a relay that delays bytes,
 * and a measurement of the start time. {@link redisproxy.bench.Bench} runs each of them; bench/run
 * calls it. Also has the JMH benchmarks of bench/jmh. docs/performance.md explains the figures.
 */
package redisproxy.bench;
