package redisproxy.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import redisproxy.config.TransportKind;

class ChoiceTest {
  private static Choice choose(TransportKind wanted, Map<TransportKind, String> faults) {
    return Choice.among(wanted, kind -> Optional.ofNullable(faults.get(kind)));
  }

  @Test
  void auto_takesTheFastestThatWorks_andSaysWhyFasterOnesFail() {
    assertEquals(
        new Choice(TransportKind.IO_URING, "the fastest works here"),
        choose(TransportKind.AUTO, Map.of()));
    assertEquals(
        new Choice(TransportKind.EPOLL, "no io_uring: it is forbidden"),
        choose(TransportKind.AUTO, Map.of(TransportKind.IO_URING, "it is forbidden")));
    assertEquals(
        new Choice(TransportKind.NIO, "no io_uring: not Linux; no epoll: not Linux"),
        choose(
            TransportKind.AUTO,
            Map.of(TransportKind.IO_URING, "not Linux", TransportKind.EPOLL, "not Linux")));
  }

  @Test
  void setTransport_isTaken_evenIfAFasterOneWorks() {
    assertEquals(
        new Choice(TransportKind.NIO, "set by transport"),
        choose(TransportKind.NIO, Map.of(TransportKind.EPOLL, "broken")));
  }

  @Test
  void setTransportThatFails_isRefusedWithReasonAndRemedy() {
    assertEquals(
        "transport: io_uring does not work here: it is forbidden; or set transport to auto",
        assertThrows(
                IllegalStateException.class,
                () ->
                    choose(
                        TransportKind.IO_URING, Map.of(TransportKind.IO_URING, "it is forbidden")))
            .getMessage());
  }
}
