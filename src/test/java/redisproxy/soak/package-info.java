/**
 * {@code make soak} checks that the proxy does not grow over hours. Clients of all kinds come and
 * go at a moderate rate, while its memory, file descriptors, threads and connections are sampled. A
 * {@link redisproxy.soak.Verdict} compares the first third of the samples with the last.
 */
package redisproxy.soak;
