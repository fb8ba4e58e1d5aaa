/** How logs are written, and the words that their events have in common. */
@NullMarked
package redisproxy.log;

import org.jspecify.annotations.NullMarked;
