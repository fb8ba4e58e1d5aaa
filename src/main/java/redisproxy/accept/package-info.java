/**
 * Servers listen on one address, or on both loopbacks. Connections are accepted no faster than
 * event loops take them, and no more than there is room for; their sockets take no more than they
 * can send soon, and what they did not take is counted.
 */
@NullMarked
package redisproxy.accept;

import org.jspecify.annotations.NullMarked;
