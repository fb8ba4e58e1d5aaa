package redisproxy.admission;

import java.util.concurrent.Semaphore;

/**
 * What all fronts together accept. Any number of event loops may use it.
 *
 * @param respClients connections over RESP
 * @param httpClients connections over HTTP
 * @param httpRequests HTTP requests in progress
 * @param streams permits for streaming values that are too large to cache
 * @param limits the rate limits, and the delay of failed log-ins
 */
public record Admission(
    Gate respClients, Gate httpClients, Gate httpRequests, Semaphore streams, LiveLimits limits) {}
