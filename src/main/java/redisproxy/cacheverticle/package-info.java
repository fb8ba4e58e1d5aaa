/**
 * The owner of the cache. {@link redisproxy.cacheverticle.CacheVerticle} answers lookups from it
 * and loads missing values. {@link redisproxy.cacheverticle.Coherence} keeps it as fresh as Redis.
 * {@link redisproxy.cacheverticle.WarmStart} saves its keys and loads them again.
 */
@NullMarked
package redisproxy.cacheverticle;

import org.jspecify.annotations.NullMarked;
