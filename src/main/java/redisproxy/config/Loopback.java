package redisproxy.config;

import java.util.Set;
import java.util.regex.Pattern;

/** Which addresses only this machine reaches. */
public final class Loopback {
  /** Only what is loopback on the face of it: a name that resolves to it today may not tomorrow. */
  private static final Pattern HOST =
      Pattern.compile("(?i:localhost)|127(\\.[0-9]{1,3}){3}|::1|(0+:){7}0*1");

  private static final Set<String> BOTH = Set.of("127.0.0.1", "::1");

  private Loopback() {}

  /** Whether one host is localhost, which means both loopbacks, and the other is one of them. */
  static boolean isEither(String localhost, String host) {
    return localhost.equalsIgnoreCase("localhost") && BOTH.contains(host);
  }

  /** Whether a host to listen on is. */
  public static boolean is(String host) {
    return HOST.matcher(host).matches();
  }
}
