/**
 * TLS: the PEM files of the servers ({@link redisproxy.tls.Certificates}) and of the connections to
 * Redis ({@link redisproxy.tls.ToRedis}), checked and {@linkplain redisproxy.tls.CertificateFiles
 * read again} as they change, and what TLS makes different on a socket ({@link
 * redisproxy.tls.TlsSocket}).
 */
@NullMarked
package redisproxy.tls;

import org.jspecify.annotations.NullMarked;
