/**
 * TLS: the PEM files of the servers, checked and read again as they change ({@link
 * redisproxy.tls.Certificates}), those of the connection to Redis ({@link redisproxy.tls.ToRedis}),
 * and what TLS makes different on a socket ({@link redisproxy.tls.TlsSocket}).
 */
@NullMarked
package redisproxy.tls;

import org.jspecify.annotations.NullMarked;
