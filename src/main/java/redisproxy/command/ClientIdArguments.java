package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * The client ids among the arguments of a CLIENT request: KILL ID, LIST ID, UNBLOCK, and TRACKING
 * with REDIRECT (https://redis.io/docs/latest/commands/client-kill/ and others).
 *
 * @param use what the request does with the ids
 * @param positions the indexes of the arguments that are ids
 * @param ids the ids, in the same order
 */
public record ClientIdArguments(Use use, List<Integer> positions, List<Long> ids) {
  /** What a request does with the ids. */
  public enum Use {
    KILL,
    UNBLOCK,
    REDIRECT,
    LIST
  }

  private static final ClientIdArguments NONE =
      new ClientIdArguments(Use.LIST, List.of(), List.of());

  /** Longer numbers are not ids. */
  private static final int MAX_DIGITS = 18;

  /** The ids in a complete request; empty if it has none. */
  public static ClientIdArguments of(Request request) {
    if (request.count() < 3) {
      return NONE;
    }
    return switch (request.lowerCase(1, 16)) {
      case "unblock" -> NONE.with(Use.UNBLOCK, request, 2, 3);
      case "kill" -> after("id", Use.KILL, request, 2);
      case "list" -> after("id", Use.LIST, request, 2);
      case "tracking" -> after("redirect", Use.REDIRECT, request, 3);
      default -> NONE;
    };
  }

  /**
   * Finds the ids that follow an option. Each other option has one value; in TRACKING, only PREFIX
   * has one.
   */
  private static ClientIdArguments after(String option, Use use, Request request, int from) {
    ClientIdArguments all = new ClientIdArguments(use, new ArrayList<>(), new ArrayList<>());
    int i = from;
    while (i < request.count()) {
      String name = request.lowerCase(i++, 16);
      if (name.equals(option)) {
        int end = use == Use.REDIRECT ? i + 1 : request.count();
        int begin = i;
        i = all.add(request, i, end);
        if (i == begin) {
          i++;
        }
      } else if (use != Use.REDIRECT || name.equals("prefix")) {
        i++;
      }
    }
    return all;
  }

  private ClientIdArguments with(Use other, Request request, int from, int end) {
    ClientIdArguments all = new ClientIdArguments(other, new ArrayList<>(), new ArrayList<>());
    all.add(request, from, end);
    return all;
  }

  /** Adds consecutive numbers, and returns the index after the last one. */
  private int add(Request request, int from, int end) {
    int i = from;
    while (i < Math.min(end, request.count()) && isNumber(request, i)) {
      positions.add(i);
      ids.add(Long.parseLong(request.text(i, MAX_DIGITS)));
      i++;
    }
    return i;
  }

  private static boolean isNumber(Request request, int argument) {
    int length = request.length(argument);
    return length >= 1
        && length <= MAX_DIGITS
        && request.text(argument, MAX_DIGITS).chars().allMatch(c -> c >= '0' && c <= '9');
  }

  public boolean isEmpty() {
    return positions.isEmpty();
  }

  /** Whether a KILL has exactly one id and no other filter, except perhaps SKIPME. */
  public boolean isOnlyFilter(Request request) {
    if (use != Use.KILL || positions.size() != 1) {
      return false;
    }
    int skipme = positions.get(0) == 3 ? 4 : 2;
    return request.count() == 4
        || request.count() == 6 && request.lowerCase(skipme, 8).equals("skipme");
  }

  /** Returns the request with its ids replaced. */
  public ByteBuf rewrite(Request request, LongUnaryOperator other) {
    ByteBuf out = Unpooled.buffer();
    out.writeCharSequence("*" + request.count() + "\r\n", StandardCharsets.US_ASCII);
    for (int i = 0; i < request.count(); i++) {
      int id = positions.indexOf(i);
      byte[] argument =
          id < 0
              ? request.copy(i)
              : Long.toString(other.applyAsLong(ids.get(id))).getBytes(StandardCharsets.US_ASCII);
      out.writeCharSequence("$" + argument.length + "\r\n", StandardCharsets.US_ASCII);
      out.writeBytes(argument).writeCharSequence("\r\n", StandardCharsets.US_ASCII);
    }
    return out;
  }
}
