/**
 * Servers listen on one address, or on both loopback addresses. They accept connections no faster
 * than the event loops take them, and no more than there is room for. A socket takes no more data
 * than it can send soon. The bytes that it has not taken are counted.
 */
@NullMarked
package redisproxy.accept;

import org.jspecify.annotations.NullMarked;
