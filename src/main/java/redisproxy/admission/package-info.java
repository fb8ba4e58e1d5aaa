/**
 * The limits for clients: how many there may be ({@link redisproxy.admission.Clients}), how much
 * memory they may use ({@link redisproxy.admission.ClientMemory}), how many requests they may send
 * per second ({@link redisproxy.admission.RateLimit}), and how long the answer to a failed log-in
 * is delayed ({@link redisproxy.admission.FailedLogins}). {@link redisproxy.accept} limits new
 * sockets.
 */
@NullMarked
package redisproxy.admission;

import org.jspecify.annotations.NullMarked;
