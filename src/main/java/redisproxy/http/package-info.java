/**
 * The HTTP front: {@link redisproxy.http.HttpVerticle} is the router, {@link
 * redisproxy.http.HttpAnswers} turns what the cache says into responses, {@link
 * redisproxy.http.Problem} is every error.
 */
@NullMarked
package redisproxy.http;

import org.jspecify.annotations.NullMarked;
