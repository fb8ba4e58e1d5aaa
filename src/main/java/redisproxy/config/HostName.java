package redisproxy.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that {@code redis.url} may name: addresses, and every name that DNS can look up.
 * Underscores are allowed, because Compose and Swarm use them in service names.
 */
final class HostName {
  private static final Pattern CHARACTERS = Pattern.compile("[A-Za-z0-9_.-]*");
  private static final Pattern NAME =
      Pattern.compile("(?=.{1,254}$)[^.]{1,63}(?:\\.[^.]{1,63})*\\.?");
  private static final Pattern NUMBERS = Pattern.compile("[0-9.]+");
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(?:\\.(?!$)|$)){4}");

  private HostName() {}

  /**
   * Returns what is wrong with a host and what to write instead, or null if it is valid. The text
   * does not show the host, because a misplaced password may be in it.
   *
   * @param host an IPv6 address without its brackets
   */
  static @Nullable String fault(String host) {
    if (host.isEmpty()) {
      return "the host is missing: write one, such as redis://localhost:6379";
    }
    if (host.indexOf(':') >= 0) {
      return isIpv6(host) ? null : "the host is not an IPv6 address: write one such as [::1]";
    }
    if (host.indexOf(',') >= 0) {
      return "the host is a list: write one host";
    }
    if (!CHARACTERS.matcher(host).matches()) {
      return "the host has a character other than letters, digits, - _ and . : write a host name"
          + " (other scripts as xn--...) or an address";
    }
    if (NUMBERS.matcher(host).matches() && !IPV4.matcher(host).matches()) {
      return "the host is not an IPv4 address: write four numbers 0..255, such as 127.0.0.1";
    }
    return NAME.matcher(host).matches()
        ? null
        : "a part of the host name between dots is empty or longer than 63 characters: write the"
            + " name that DNS knows";
  }

  private static boolean isIpv6(String host) {
    try {
      return RedisUrl.bracketed(host)
          .equals(new URI("redis://" + RedisUrl.bracketed(host) + "/").getHost());
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Whether Java can verify a certificate for the host. It refuses names with an underscore. */
  static boolean isVerifiable(String host) {
    return host.indexOf('_') < 0;
  }
}
