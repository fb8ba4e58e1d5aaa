/** How much clients may ask: rates of requests, and how long who guesses passwords waits. */
@NullMarked
package redisproxy.limits;

import org.jspecify.annotations.NullMarked;
