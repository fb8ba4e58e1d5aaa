/**
 * {@code make fuzz} sends random, broken and hostile input to everything that reads input. A {@link
 * redisproxy.fuzz.Target} defines what must hold for every input. A {@link
 * redisproxy.fuzz.Campaign} generates the inputs. Targets are in the packages of the code that they
 * test. CONTRIBUTING.md says how to run them.
 */
package redisproxy.fuzz;
