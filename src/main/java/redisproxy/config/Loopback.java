package redisproxy.config;

import java.util.Set;
import java.util.regex.Pattern;

/** Addresses that only this machine can reach. */
public final class Loopback {
  /** Does not resolve names: a name that resolves to loopback today may not do so tomorrow. */
  private static final Pattern HOST =
      Pattern.compile("(?i:localhost)|127(\\.[0-9]{1,3}){3}|::1|(0+:){7}0*1");

  private static final Set<String> BOTH = Set.of("127.0.0.1", "::1");

  private Loopback() {}

  /** Whether the first host is localhost, which means both loopbacks, and the second is one. */
  static boolean isEither(String localhost, String host) {
    return localhost.equalsIgnoreCase("localhost") && BOTH.contains(host);
  }

  /** Whether a host to listen on is a loopback address. */
  public static boolean is(String host) {
    return HOST.matcher(host).matches();
  }
}
