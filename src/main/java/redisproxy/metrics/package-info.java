/**
 * The statistics that are collected outside the cache, and their Prometheus output. No other
 * package imports Micrometer. Each object belongs to one event loop; other threads get copies.
 */
@NullMarked
package redisproxy.metrics;

import org.jspecify.annotations.NullMarked;
