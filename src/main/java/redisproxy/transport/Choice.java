package redisproxy.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import redisproxy.config.TransportKind;

/**
 * Which transport runs, and why.
 *
 * @param kind never {@link TransportKind#AUTO}
 * @param reason one line for people
 */
public record Choice(TransportKind kind, String reason) {
  /**
   * Chooses a transport.
   *
   * @param wanted the setting
   * @param fault returns why a transport does not work here; empty if it works
   * @throws IllegalStateException if the wanted transport does not work here; the message says why
   *     and what to do
   */
  static Choice among(TransportKind wanted, Function<TransportKind, Optional<String>> fault) {
    if (wanted != TransportKind.AUTO) {
      fault.apply(wanted).ifPresent(why -> refuse(wanted, why));
      return new Choice(wanted, "set by transport");
    }
    List<String> faults = new ArrayList<>();
    for (TransportKind kind : TransportKind.BEST_FIRST) {
      Optional<String> why = fault.apply(kind);
      if (why.isEmpty()) {
        return new Choice(
            kind, faults.isEmpty() ? "the fastest works here" : String.join("; ", faults));
      }
      faults.add("no " + kind + ": " + why.get());
    }
    throw new IllegalStateException("transport: none works here: " + String.join("; ", faults));
  }

  private static void refuse(TransportKind wanted, String why) {
    throw new IllegalStateException(
        "transport: %s does not work here: %s; or set transport to auto".formatted(wanted, why));
  }
}
