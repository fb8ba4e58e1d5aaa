/**
 * How the proxy is doing, for people and for Prometheus: {@link redisproxy.admin.AdminVerticle} on
 * a port and in a Vertx of its own, so that it answers when the others do not.
 */
@NullMarked
package redisproxy.admin;

import org.jspecify.annotations.NullMarked;
