/** What is counted outside the cache. Safe to use from any thread. */
package redisproxy.metrics;
