/**
 * The HTTP front. {@link redisproxy.front.http.HttpVerticle} is the router. {@link
 * redisproxy.front.http.HttpAnswers} turns the cache's answers into responses. Every error is a
 * {@link redisproxy.http.Problem}.
 */
@NullMarked
package redisproxy.front.http;

import org.jspecify.annotations.NullMarked;
