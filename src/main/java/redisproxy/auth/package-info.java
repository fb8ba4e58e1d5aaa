/**
 * Who somebody is, whichever port they have come to: addresses, what they say of themselves, and
 * how long they wait when it was wrong.
 */
@NullMarked
package redisproxy.auth;

import org.jspecify.annotations.NullMarked;
