package redisproxy.it;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import redisproxy.fuzz.Damage;
import redisproxy.it.RandomSession.Step;

/**
 * Makes random sessions hostile: some of their requests are cut off or damaged, so that what
 * follows is read as a part of them, or Redis closes.
 */
final class SessionDamage {
  /**
   * Sessions that are left as they are: the answer to COMMAND alone is in the order of a hash
   * table, and with CLIENT REPLY nobody could tell what an error is the answer to.
   */
  private static final Pattern WHOLE = Pattern.compile("(?is).*(COMMAND|REPLY).*");

  /**
   * Requests that are left as they are: with another number they would take time into account, or
   * half a gigabyte.
   */
  private static final Pattern LEFT = Pattern.compile("(?is).*(PX|EXPIRE|SETBIT|SETRANGE|XADD).*");

  private final Random random;
  private final Damage damage;

  private SessionDamage(long seed) {
    random = new Random(~seed);
    damage = Damage.of(random, "*$\r\n0123456789 \"'\\x-\0\u00ff");
  }

  /** The session of a seed, some of them damaged. */
  static RandomSession of(long seed) {
    RandomSession session = RandomSession.of(seed);
    SessionDamage damage = new SessionDamage(seed);
    boolean mayBe =
        session.steps().stream()
            .noneMatch(step -> WHOLE.matcher(String.join("", step.requests())).matches());
    return mayBe && damage.random.nextBoolean() ? damage.done(session) : session;
  }

  private RandomSession done(RandomSession session) {
    List<Step> steps = new ArrayList<>(session.steps());
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      int at = random.nextInt(steps.size());
      Step step = steps.get(at);
      if (!step.byWriter()) {
        steps.set(at, step.with(done(step.requests())));
      }
    }
    return new RandomSession(steps);
  }

  private List<String> done(List<String> requests) {
    List<String> damaged = new ArrayList<>(requests);
    int at = random.nextInt(requests.size());
    String request = requests.get(at);
    if (!request.isEmpty() && !LEFT.matcher(request).matches()) {
      damaged.set(at, done(request));
    }
    return damaged;
  }

  private String done(String request) {
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
