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
import java.util.concurrent.Executor;
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
 * credentials themselves, and is void when who may log in may have changed.
 *
 * <p>Where the proxy judges clients itself, they need its own {@link Credentials}, if it has a
 * password.
 */
final class HttpAccess {
  private static final long VERDICT_MS = 10_000;
  private static final int MOST_VERDICTS = 1_000;
  private static final String DIGEST = "HmacSHA256";

  private final Settings.Redis redis;

  /** Null where Redis judges. */
  private final Credentials own;

  private final Judge judge;
  private final Executor later;
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

  /** How often verdicts have been voided: one asked for before is not kept. */
  private int voided;

  /**
   * To be used on one event loop.
   *
   * @param own whom the proxy lets in, or null where Redis judges
   * @param later runs tasks on that event loop, in turn with what the bus delivers there
   * @param clock milliseconds, monotonic
   */
  HttpAccess(
      Settings.Redis redis, Credentials own, Judge judge, Executor later, LongSupplier clock) {
    this.redis = redis;
    this.own = own;
    this.later = later;
    this.judge = judge;
    this.clock = clock;
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.secret = new SecretKeySpec(random, DIGEST);
  }

  /** Goes on at once, later or not at all; who is refused is told why. */
  void check(HttpServerRequest request, Runnable granted, Consumer<Problem> refused) {
    if (own == null ? redis.password() == null : !own.areNeeded()) {
      granted.run();
      return;
    }
    byte[] credentials = credentials(request.getHeader("authorization"));
    int colon = credentials == null ? -1 : indexOfColon(credentials);
    if (colon < 0) {
      refuse(request, refused);
    } else if (own == null) {
      // Sockets are read before the tasks that are due. The news that verdicts are void is one, and
      // may be due before this request was even sent: so the verdict is looked up behind it.
      later.execute(() -> checkWithRedis(request, credentials, colon, granted, refused));
    } else if (own.accept(user(credentials, colon), password(credentials, colon))) {
      granted.run();
    } else {
      refuse(request, refused);
    }
  }

  private void checkWithRedis(
      HttpServerRequest request,
      byte[] credentials,
      int colon,
      Runnable granted,
      Consumer<Problem> refused) {
    ByteBuffer digest = digest(credentials);
    Long lapses = verdicts.get(digest);
    if (lapses != null && clock.getAsLong() < lapses) {
      granted.run();
    } else {
      askRedis(request, credentials, colon, digest, granted, refused);
    }
  }

  /** Forgets all verdicts: who may log in may have changed. */
  void voidVerdicts() {
    verdicts.clear();
    voided++;
  }

  private void askRedis(
      HttpServerRequest request,
      byte[] credentials,
      int colon,
      ByteBuffer digest,
      Runnable granted,
      Consumer<Problem> refused) {
    byte[] user = user(credentials, colon);
    if (!isProxysOwn(user)) {
      refuse(request, refused);
      return;
    }
    long asked = clock.getAsLong();
    int voidedBefore = voided;
    judge
        .accepts(user, password(credentials, colon))
        .onSuccess(
            accepted -> {
              if (accepted) {
                if (voided == voidedBefore) {
                  verdicts.put(digest, asked + VERDICT_MS);
                }
                granted.run();
              } else {
                refuse(request, refused);
              }
            })
        .onFailure(failure -> refused.accept(Problem.of(503, "Redis cannot be reached")));
  }

  private static byte[] user(byte[] credentials, int colon) {
    return colon == 0 ? Credentials.DEFAULT_USER : Arrays.copyOf(credentials, colon);
  }

  private static byte[] password(byte[] credentials, int colon) {
    return Arrays.copyOfRange(credentials, colon + 1, credentials.length);
  }

  private boolean isProxysOwn(byte[] user) {
    String proxys = redis.username() == null ? "default" : redis.username();
    return Arrays.equals(proxys.getBytes(StandardCharsets.UTF_8), user);
  }

  private void refuse(HttpServerRequest request, Consumer<Problem> refused) {
    String whose = own == null ? "Redis" : "the proxy";
    request.response().putHeader("www-authenticate", "Basic realm=\"redis-proxy\"");
    refused.accept(Problem.of(401, "the credentials of " + whose + " are needed"));
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
