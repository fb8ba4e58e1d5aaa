/** How much clients may ask: rates of requests, and how long who guesses passwords waits. */
package redisproxy.limits;
