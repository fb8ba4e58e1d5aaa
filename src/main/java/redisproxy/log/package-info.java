/** How logs are written, and the keys that their events share. */
@NullMarked
package redisproxy.log;

import org.jspecify.annotations.NullMarked;
