/**
 * What reads and writes sockets: io_uring, epoll or NIO. Chosen once, at the start, by what works
 * here.
 */
@NullMarked
package redisproxy.transport;

import org.jspecify.annotations.NullMarked;
