package redisproxy.upstream.load;

/**
 * Whether Redis can be reached.
 *
 * @param now whether there is a connection
 * @param ever whether there has been one since the start
 * @param reason why there is none, in words; meaningless while there is one
 */
public record Reachability(boolean now, boolean ever, String reason) {}
