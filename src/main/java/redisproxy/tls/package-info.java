/**
 * TLS: the PEM files of the servers ({@link redisproxy.tls.Certificates}) and of the connections to
 * Redis ({@link redisproxy.tls.ToRedis}). They are checked, and {@linkplain
 * redisproxy.tls.CertificateFiles reloaded} when they change. {@link redisproxy.tls.TlsSocket}
 * shows how a socket differs with TLS.
 */
@NullMarked
package redisproxy.tls;

import org.jspecify.annotations.NullMarked;
