/**
 * What the HTTP front and the admin port share: {@link redisproxy.http.Problem} is every error,
 * {@link redisproxy.http.HttpFraming} refuses ambiguous requests, {@link
 * redisproxy.http.ResponseHeaders} are the headers of every response.
 */
@NullMarked
package redisproxy.http;

import org.jspecify.annotations.NullMarked;
