package redisproxy.admission;

import java.util.concurrent.Semaphore;

/**
 * How much all fronts together take on. Any number of event loops may use it.
 *
 * @param respClients connections over RESP
 * @param httpClients connections over HTTP
 * @param httpRequests requests over HTTP that are being answered
 * @param streams values too large to keep that are under way
 * @param limits how many requests a second are answered, and the delay of failed log-ins
 */
public record Admission(
    Gate respClients, Gate httpClients, Gate httpRequests, Semaphore streams, LiveLimits limits) {}
