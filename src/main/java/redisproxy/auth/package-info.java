/**
 * Identifies clients, the same way on every port: their addresses, their credentials, and the delay
 * after wrong credentials.
 */
@NullMarked
package redisproxy.auth;

import org.jspecify.annotations.NullMarked;
