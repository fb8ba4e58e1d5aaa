package redisproxy.config;

/**
 * What the dashboard shows beyond numbers.
 *
 * @param hotKeys whether it lists the keys that are looked up most
 * @param maskKeys whether it shows digests instead of these keys
 * @param showValues whether looking up one key shows the beginning of its value
 */
public record Dashboard(boolean hotKeys, boolean maskKeys, boolean showValues) {}
