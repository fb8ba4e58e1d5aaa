/**
 * Connections are accepted no faster than event loops take them, and no more than there is room
 * for.
 */
@NullMarked
package redisproxy.accept;

import org.jspecify.annotations.NullMarked;
