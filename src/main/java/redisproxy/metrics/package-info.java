/**
 * What is counted and measured outside the cache, and how Prometheus is shown it. The one importer
 * of Micrometer. Belongs to one event loop and is copied for others.
 */
@NullMarked
package redisproxy.metrics;

import org.jspecify.annotations.NullMarked;
