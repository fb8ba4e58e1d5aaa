/**
 * The settings: one table ({@link SettingsTable}) that says what can be set, and the records
 * ({@link Settings}) the rest of the program reads.
 *
 * <pre>
 *   --config FILE    {@link YamlText}       path to {@link Given}
 *                                                      {@link SettingsReader}    {@link Settings}
 *   the environment  {@link Environment}    path to {@link Given} (wins)
 * </pre>
 *
 * <p>Every fault on the way is collected in {@link Faults}, and all are reported at once by a
 * {@link ConfigurationException}. A fault names where the value came from and what would be right;
 * it never shows a secret.
 */
@NullMarked
package redisproxy.config;

import org.jspecify.annotations.NullMarked;
