package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Damage;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;
import redisproxy.resp.FramedTarget;
import redisproxy.resp.ProtocolError;

/**
 * Fuzzes the {@link RequestParser}. It reads the same requests however the input is split. It reads
 * them again after they are written as RESP. A parser with smaller bounds reads no other requests.
 * The memory it holds is in proportion to the bytes that arrived, whatever lengths were announced.
 */
public final class RequestTarget implements Target {
  private static final int MAX_BYTES = 100_000;
  private static final int FEW_BYTES = 100;

  private static final Requests PING = new Requests(List.of(List.of("PING")), null);
  private static final Allocation ALLOCATION = new Allocation(2_000, 400);

  @Override
  public List<String> words() {
    return List.of(
        ("*,$,\r,\n,\r\n,0,1,2,3,9,-,+, ,\",',\\,\\x4,\t,\013,\0,\377,*2\r\n,*0\r\n,*-1\r\n,$0\r\n\r\n"
                + ",$-1\r\n,*2\r\n$3\r\nGET\r\n$,GET,$3\r\nSET\r\n,\r\n\r\n,*1\r\n$4\r\nPING\r\n,PING\n"
                + ",*2147483647\r\n,$1\r,\"\\\"")
            .split(","));
  }

  @Override
  public boolean isStream() {
    return true;
  }

  @Override
  public Sample sample(Random random) {
    RandomRequests requests = new RandomRequests(random);
    for (int left = random.nextInt(4); left > 0; left--) {
      requests.add();
    }
    return new Sample(requests.bytes(), new Outcome(requests.requests(), null));
  }

  @Override
  public Outcome outcome(byte[] input) {
    int[] places = Damage.of(new Random(Arrays.hashCode(input)), " ").places(input.length);
    Requests all = read(input, places, MAX_BYTES);
    Requests some = read(input, places, FEW_BYTES);
    int same = some.requests().size();
    assertEquals(all.requests().subList(0, same), some.requests(), "with less allowed");
    assertTrue(some.error() != null || all.equals(some), "refused only when more is allowed");
    assertReadAgain(all.requests());
    ALLOCATION.check(input.length, () -> pass(input));
    return new Outcome(all.requests(), all.error());
  }

  private static Requests read(byte[] input, int[] places, int maxBytes) {
    RequestParser parser = new RequestParser(new RequestBounds(maxBytes));
    ByteBuf in = Unpooled.wrappedBuffer(input);
    List<List<String>> requests = new ArrayList<>();
    Requests whole = new Requests(requests, Requests.read(parser, in, requests));
    if (input.length < FramedTarget.LONG) {
      same(
          whole,
          Requests.parse(
              new RequestParser(new RequestBounds(maxBytes)), Requests.cutEverywhere(input)));
    }
    List<byte[]> pieces = Requests.cut(input, places);
    same(whole, Requests.parseMoved(new RequestParser(new RequestBounds(maxBytes)), pieces));
    if (whole.error() == null && !in.isReadable()) {
      same(PING, Requests.parse(parser, List.of(Requests.bytes("PING\r\n"))));
    }
    return whole;
  }

  private static void same(Requests expected, Requests actual) {
    if (!expected.equals(actual)) {
      assertEquals(expected.toString(), actual.toString());
    }
  }

  private static void assertReadAgain(List<List<String>> requests) {
    StringBuilder text = new StringBuilder();
    for (List<String> request : requests) {
      text.append('*').append(request.size()).append("\r\n");
      for (String argument : request) {
        text.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
      }
    }
    byte[] bytes = Requests.bytes(text.toString());
    same(
        new Requests(requests, null),
        Requests.parse(new RequestParser(new RequestBounds(MAX_BYTES)), List.of(bytes)));
  }

  private static void pass(byte[] input) {
    RequestParser parser = new RequestParser(new RequestBounds(MAX_BYTES));
    ByteBuf in = Unpooled.wrappedBuffer(input);
    try {
      while (parser.parse(in)) {
        // Reads the next request.
      }
    } catch (ProtocolError e) {
      // Broken input ends with an error.
    }
  }
}
