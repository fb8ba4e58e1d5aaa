/**
 * The settings: one table ({@link SettingsTable}) that lists them, and the records ({@link
 * Settings}) that the rest of the program reads.
 *
 * <pre>
 *   --config FILE    {@link YamlText}       path to {@link Given}
 *                                                      {@link SettingsReader}    {@link Settings}
 *   the environment  {@link Environment}    path to {@link Given} (wins)
 * </pre>
 *
 * <p>{@link Faults} collects every fault on the way, and a {@link ConfigurationException} reports
 * all of them at once. A fault says where the value came from and what to write instead. It never
 * shows a secret.
 */
@NullMarked
package redisproxy.config;

import org.jspecify.annotations.NullMarked;
