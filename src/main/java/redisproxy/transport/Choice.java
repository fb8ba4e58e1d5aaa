package redisproxy.transport;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
  private static final List<TransportKind> BEST_FIRST =
      List.of(TransportKind.IO_URING, TransportKind.EPOLL, TransportKind.NIO);

  /**
   * Chooses.
   *
   * @param wanted the setting
   * @param fault says why a transport does not work here, or nothing if it works
   * @throws IllegalStateException if the one that is set does not work here; the message says why
   *     and what to do
   */
  static Choice among(TransportKind wanted, Function<TransportKind, Optional<String>> fault) {
    if (wanted != TransportKind.AUTO) {
      fault.apply(wanted).ifPresent(why -> refuse(wanted, why));
      return new Choice(wanted, "set by transport");
    }
    Map<TransportKind, String> faults = new EnumMap<>(TransportKind.class);
    for (TransportKind kind : BEST_FIRST) {
      Optional<String> why = fault.apply(kind);
      if (why.isEmpty()) {
        return new Choice(kind, faults.isEmpty() ? "the fastest works here" : text(faults));
      }
      faults.put(kind, why.get());
    }
    throw new IllegalStateException("transport: none works here: " + text(faults));
  }

  private static void refuse(TransportKind wanted, String why) {
    throw new IllegalStateException(
        "transport: %s does not work here: %s; or set transport to auto".formatted(wanted, why));
  }

  private static String text(Map<TransportKind, String> faults) {
    StringBuilder text = new StringBuilder();
    faults.forEach(
        (kind, why) ->
            text.append(text.isEmpty() ? "" : "; ")
                .append("no ")
                .append(kind)
                .append(": ")
                .append(why));
    return text.toString();
  }
}
