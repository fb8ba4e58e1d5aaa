/**
 * {@code make soak}: whether the proxy is the same after hours as at the beginning. Clients of all
 * kinds come and go at a moderate rate while its memory, descriptors, threads and connections are
 * sampled; a {@link redisproxy.soak.Verdict} compares the first third of the samples with the last.
 */
package redisproxy.soak;
