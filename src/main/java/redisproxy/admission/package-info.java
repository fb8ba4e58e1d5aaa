/**
 * How much the proxy takes on: how many clients ({@link redisproxy.admission.Clients}), how much is
 * held for them ({@link redisproxy.admission.ClientMemory}), how many requests a second ({@link
 * redisproxy.admission.RateLimit}), and how long a client that guesses passwords waits ({@link
 * redisproxy.admission.FailedLogins}). What bounds new sockets is in {@link redisproxy.accept}.
 */
@NullMarked
package redisproxy.admission;

import org.jspecify.annotations.NullMarked;
