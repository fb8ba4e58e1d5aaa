/**
 * The owner of the cache: {@link redisproxy.cacheverticle.CacheVerticle} answers lookups from it
 * and has missing values loaded, {@link redisproxy.cacheverticle.Coherence} keeps it as fresh as
 * Redis, {@link redisproxy.cacheverticle.WarmStart} saves it and loads it again.
 */
@NullMarked
package redisproxy.cacheverticle;

import org.jspecify.annotations.NullMarked;
