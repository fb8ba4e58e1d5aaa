package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import redisproxy.command.Writes;
import redisproxy.metrics.Tally;

/** Delivery of replies to several receivers, one of which throws. */
class ReplyDeliveryTest {
  private final List<String> told = new ArrayList<>();
  private final ReplyDelivery deliveries =
      new ReplyDelivery(writes -> told.add("invalidated"), new Tally());

  private final class Named implements Call.Receiver {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    private void record(String what) {
      told.add(name + " " + what);
      if (name.equals("faulty")) {
        throw new IllegalStateException("thrown by the test");
      }
    }

    @Override
    public void answered(int ticket, byte[] reply) {
      record("answered " + ticket);
    }

    @Override
    public void answersEnd() {
      record("end");
    }

    @Override
    public void lost(int ticket, boolean wasConnected) {
      record("lost " + ticket);
    }

    @Override
    public void broken(Throwable fault) {
      told.add(name + " broken");
    }
  }

  private static Call pending(Call.Receiver receiver, int ticket) {
    return new Call(receiver, ticket, new Writes(List.of(new byte[] {'k'})), 0);
  }

  @Test
  void handOut_whenOneReceiverThrows_servesTheOthersOnce() {
    deliveries.add(pending(new Named("faulty"), 1));
    deliveries.add(pending(new Named("other"), 2));
    deliveries.handOut();
    assertEquals(
        List.of(
            "invalidated",
            "faulty answered 1",
            "faulty broken",
            "other answered 2",
            "faulty end",
            "faulty broken",
            "other end"),
        told);
    told.clear();
    deliveries.handOut();
    assertEquals(List.of(), told);
  }

  @Test
  void lost_whenOneReceiverThrows_tellsTheOthers() {
    deliveries.lost(List.of(pending(new Named("faulty"), 1), pending(new Named("other"), 2)), true);
    assertEquals(List.of("invalidated", "faulty lost 1", "faulty broken", "other lost 2"), told);
  }
}
