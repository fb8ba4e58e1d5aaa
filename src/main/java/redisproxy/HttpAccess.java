package redisproxy;

import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import redisproxy.config.Settings;
import redisproxy.upstream.Judge;

/**
 * Who may read over HTTP. Where the proxy has a password for Redis, its clients need HTTP Basic
 * credentials (RFC 7617): those of the proxy's own user, for it is as that user that the cache was
 * filled, and Redis judges them. A verdict is kept for ten seconds under a keyed digest, never the
 * credentials themselves.
 */
final class HttpAccess {
  private static final long VERDICT_MS = 10_000;
  private static final int MOST_VERDICTS = 1_000;
  private static final String DIGEST = "HmacSHA256";

  private final Settings.Redis redis;
  private final Judge judge;
  private final LongSupplier clock;
  private final SecretKeySpec secret;

  /** When each verdict lapses, by the digest of what was judged. */
  private final Map<ByteBuffer, Long> verdicts =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Long> eldest) {
          return size() > MOST_VERDICTS;
        }
      };

  HttpAccess(Settings.Redis redis, Judge judge, LongSupplier clock) {
    this.redis = redis;
    this.judge = judge;
    this.clock = clock;
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.secret = new SecretKeySpec(random, DIGEST);
  }

  /** Goes on at once, later or not at all; who is refused is told why. */
  void check(HttpServerRequest request, Runnable granted, Consumer<Problem> refused) {
    if (redis.password() == null) {
      granted.run();
      return;
    }
    byte[] credentials = credentials(request.getHeader("authorization"));
    int colon = credentials == null ? -1 : indexOfColon(credentials);
    if (colon < 0) {
      refuse(request, refused);
      return;
    }
    ByteBuffer digest = digest(credentials);
    Long lapses = verdicts.get(digest);
    if (lapses != null && clock.getAsLong() < lapses) {
      granted.run();
    } else {
      judge(request, credentials, colon, digest, granted, refused);
    }
  }

  private void judge(
      HttpServerRequest request,
      byte[] credentials,
      int colon,
      ByteBuffer digest,
      Runnable granted,
      Consumer<Problem> refused) {
    byte[] user = Arrays.copyOf(credentials, colon);
    byte[] password = Arrays.copyOfRange(credentials, colon + 1, credentials.length);
    if (!isProxysOwn(user)) {
      refuse(request, refused);
      return;
    }
    long asked = clock.getAsLong();
    judge
        .accepts(user.length == 0 ? DEFAULT_USER : user, password)
        .onSuccess(
            accepted -> {
              if (accepted) {
                verdicts.put(digest, asked + VERDICT_MS);
                granted.run();
              } else {
                refuse(request, refused);
              }
            })
        .onFailure(failure -> refused.accept(Problem.of(503, "Redis cannot be reached")));
  }

  private static final byte[] DEFAULT_USER = "default".getBytes(StandardCharsets.US_ASCII);

  private boolean isProxysOwn(byte[] user) {
    String own = redis.username() == null ? "default" : redis.username();
    byte[] given = user.length == 0 ? DEFAULT_USER : user;
    return Arrays.equals(own.getBytes(StandardCharsets.UTF_8), given);
  }

  private static void refuse(HttpServerRequest request, Consumer<Problem> refused) {
    request.response().putHeader("www-authenticate", "Basic realm=\"redis-proxy\"");
    refused.accept(Problem.of(401, "the credentials of Redis are needed"));
  }

  private static byte[] credentials(String header) {
    if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(header.substring(6).strip());
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }

  private static int indexOfColon(byte[] credentials) {
    for (int i = 0; i < credentials.length; i++) {
      if (credentials[i] == ':') {
        return i;
      }
    }
    return -1;
  }

  private ByteBuffer digest(byte[] credentials) {
    try {
      Mac mac = Mac.getInstance(DIGEST);
      mac.init(secret);
      return ByteBuffer.wrap(mac.doFinal(credentials));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + DIGEST, e);
    }
  }
}
