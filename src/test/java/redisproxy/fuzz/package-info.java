/**
 * {@code make fuzz}: random, broken and hostile input for all that reads input. A {@link
 * redisproxy.fuzz.Target} says what must hold whatever comes; a {@link redisproxy.fuzz.Campaign}
 * thinks up what may come. Targets stand in the packages of what they test; CONTRIBUTING.md says
 * how to run them.
 */
package redisproxy.fuzz;
