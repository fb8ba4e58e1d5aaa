package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import redisproxy.command.Writes;
import redisproxy.metrics.Tally;

/** Who is told what over a shared connection, one of whom fails. */
class ReplyDeliveryTest {
  private final List<String> told = new ArrayList<>();
  private final ReplyDelivery deliveries =
      new ReplyDelivery(writes -> told.add("invalidated"), new Tally());

  private final class Named implements Call.Receiver {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    private void say(String what) {
      told.add(name + " " + what);
      if (name.equals("faulty")) {
        throw new IllegalStateException("as the test wants");
      }
    }

    @Override
    public void answered(int ticket, byte[] reply) {
      say("answered " + ticket);
    }

    @Override
    public void answersEnd() {
      say("end");
    }

    @Override
    public void lost(int ticket, boolean wasConnected) {
      say("lost " + ticket);
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
  void faultOfOne_costsTheOthersNothing_andNobodyIsToldTwice() {
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
  void faultOfOne_whenTheConnectionIsLost_costsTheOthersNothing() {
    deliveries.lost(List.of(pending(new Named("faulty"), 1), pending(new Named("other"), 2)), true);
    assertEquals(List.of("invalidated", "faulty lost 1", "faulty broken", "other lost 2"), told);
  }
}
