package redisproxy.config;

/**
 * What the dashboard shows beyond numbers.
 *
 * @param hotKeys whether it tells which keys are looked up most
 * @param maskKeys whether a digest stands for each of them
 * @param showValues whether looking up one key shows the beginning of its value
 */
public record Dashboard(boolean hotKeys, boolean maskKeys, boolean showValues) {}
