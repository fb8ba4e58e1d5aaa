/** The words that log events have in common. */
@NullMarked
package redisproxy.log;

import org.jspecify.annotations.NullMarked;
