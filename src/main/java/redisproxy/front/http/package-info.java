/**
 * The HTTP front: {@link redisproxy.front.http.HttpVerticle} is the router, {@link
 * redisproxy.front.http.HttpAnswers} turns what the cache says into responses, {@link
 * redisproxy.http.Problem} is every error.
 */
@NullMarked
package redisproxy.front.http;

import org.jspecify.annotations.NullMarked;
