/**
 * What is counted and measured outside the cache, and how Prometheus is shown it. The one importer
 * of Micrometer. A {@link redisproxy.metrics.Gate} is safe to use from any thread; everything else
 * belongs to one event loop and is copied for others.
 */
@NullMarked
package redisproxy.metrics;

import org.jspecify.annotations.NullMarked;
