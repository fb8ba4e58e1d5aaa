/**
 * Shows people and Prometheus how the proxy is doing. {@link redisproxy.admin.AdminVerticle} has
 * its own port and its own Vertx, so it answers even when other event loops are stuck.
 */
@NullMarked
package redisproxy.admin;

import org.jspecify.annotations.NullMarked;
