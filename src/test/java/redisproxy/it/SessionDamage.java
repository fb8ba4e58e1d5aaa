package redisproxy.it;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import redisproxy.fuzz.Damage;
import redisproxy.it.RandomSession.Step;

/**
 * Makes random sessions hostile. It cuts off or damages some of their requests, so that the server
 * reads what follows as part of them, or closes the connection.
 */
final class SessionDamage {
  /**
   * Sessions that are not damaged. The reply to COMMAND alone has the order of a hash table. With
   * CLIENT REPLY an error could not be matched with its request.
   */
  private static final Pattern WHOLE = Pattern.compile("(?is).*(COMMAND|REPLY).*");

  /**
   * Requests that are not damaged. With another number they would depend on time, or need half a
   * gigabyte.
   */
  private static final Pattern UNDAMAGED =
      Pattern.compile("(?is).*(PX|EXPIRE|SETBIT|SETRANGE|XADD).*");

  private final Random random;
  private final Damage damage;

  private SessionDamage(long seed) {
    random = new Random(~seed);
    damage = Damage.of(random, "*$\r\n0123456789 \"'\\x-\0\u00ff");
  }

  /** Returns the session of a seed. Some sessions are damaged. */
  static RandomSession of(long seed) {
    return damaged(seed, RandomSession.of(seed));
  }

  /** Returns the session of a seed that reads few keys in many ways. Some are damaged. */
  static RandomSession ofCachedReads(long seed) {
    return damaged(seed, RandomSession.ofCachedReads(seed));
  }

  private static RandomSession damaged(long seed, RandomSession session) {
    SessionDamage damage = new SessionDamage(seed);
    boolean mayDamage =
        session.steps().stream()
            .noneMatch(step -> WHOLE.matcher(String.join("", step.requests())).matches());
    return mayDamage && damage.random.nextBoolean() ? damage.applyTo(session) : session;
  }

  private RandomSession applyTo(RandomSession session) {
    List<Step> steps = new ArrayList<>(session.steps());
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      int at = random.nextInt(steps.size());
      Step step = steps.get(at);
      if (!step.byWriter()) {
        steps.set(at, step.with(applyTo(step.requests())));
      }
    }
    return new RandomSession(steps);
  }

  private List<String> applyTo(List<String> requests) {
    List<String> damaged = new ArrayList<>(requests);
    int at = random.nextInt(requests.size());
    String request = requests.get(at);
    if (!request.isEmpty() && !UNDAMAGED.matcher(request).matches()) {
      damaged.set(at, applyTo(request));
    }
    return damaged;
  }

  private String applyTo(String request) {
    return switch (random.nextInt(8)) {
      case 0 -> "QUIT\r\n" + request;
      case 1 -> request.substring(0, random.nextInt(request.length()));
      case 2 -> request.substring(random.nextInt(request.length()));
      default -> {
        byte[] bytes = request.getBytes(StandardCharsets.ISO_8859_1);
        yield new String(damage.mutate(bytes), StandardCharsets.ISO_8859_1);
      }
    };
  }
}
