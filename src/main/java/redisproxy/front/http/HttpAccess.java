package redisproxy.front.http;

import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import redisproxy.auth.Authorization;
import redisproxy.auth.Credentials;
import redisproxy.auth.LateRefusals;
import redisproxy.config.Settings;
import redisproxy.http.Problem;
import redisproxy.upstream.Judge;

/**
 * Who may read over HTTP. Where the proxy has a password for Redis, its clients need HTTP Basic
 * credentials (RFC 7617): those of the proxy's own user, for it is as that user that the cache was
 * filled, and Redis judges them. A verdict is kept for ten seconds under a keyed digest, never the
 * credentials themselves, and is void when who may log in may have changed.
 *
 * <p>Where the proxy judges clients itself, they need its own {@link Credentials}, if it has a
 * password; or that alone, as a bearer's token. Whoever gives wrong ones waits for the answer.
 */
final class HttpAccess {
  private static final long VERDICT_MS = 10_000;
  private static final int MOST_VERDICTS = 1_000;
  private static final String BASIC = "Basic realm=\"redis-proxy\"";
  private static final String DIGEST = "HmacSHA256";
  private static final Problem UNREACHABLE = Problem.of(503, "Redis cannot be reached");

  private final Settings.Redis redis;

  /** Null where Redis judges. */
  private final @Nullable Credentials own;

  private final Judge judge;
  private final LateRefusals refusals;
  private final Executor later;
  private final LongSupplier clock;
  private final SecretKeySpec secret;

  private final Map<ByteBuffer, Long> verdicts = new Verdicts();

  /** How often verdicts have been voided: one asked for before is not kept. */
  private int voided;

  /** A request that is being judged, and who is told of it. */
  private record Asked(
      HttpServerRequest request,
      Runnable granted,
      Consumer<Problem> refused,
      Consumer<Throwable> broken) {

    /** Does what is done later, when nobody else catches. */
    void guard(Runnable task) {
      try {
        task.run();
      } catch (Throwable fault) {
        broken.accept(fault);
      }
    }
  }

  /** When each verdict lapses, by the digest of what was judged. */
  private static final class Verdicts extends LinkedHashMap<ByteBuffer, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Long> eldest) {
      return size() > MOST_VERDICTS;
    }
  }

  /**
   * To be used on one event loop.
   *
   * @param own whom the proxy lets in, or null where Redis judges
   * @param refusals answers who gave wrong credentials
   * @param later runs tasks on that event loop, in turn with what the bus delivers there
   * @param clock milliseconds, monotonic
   */
  HttpAccess(
      Settings.Redis redis,
      @Nullable Credentials own,
      Judge judge,
      LateRefusals refusals,
      Executor later,
      LongSupplier clock) {
    this.redis = redis;
    this.own = own;
    this.later = later;
    this.judge = judge;
    this.refusals = refusals;
    this.clock = clock;
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.secret = new SecretKeySpec(random, DIGEST);
  }

  /**
   * Goes on at once, later or not at all; who is refused is told why.
   *
   * @param broken is told what is thrown later, for nobody else would be: a fault of the proxy
   */
  void check(
      HttpServerRequest request,
      Runnable granted,
      Consumer<Problem> refused,
      Consumer<Throwable> broken) {
    if (own == null ? redis.password() == null : !own.areNeeded()) {
      granted.run();
      return;
    }
    Asked asked = new Asked(request, granted, refused, broken);
    Authorization given = Authorization.of(request);
    if (given == null || own == null && given.isToken()) {
      refuse(asked);
    } else if (own == null) {
      // Sockets are read before the tasks that are due. The news that verdicts are void is one, and
      // may be due before this request was even sent: so the verdict is looked up behind it.
      later.execute(() -> asked.guard(() -> checkWithRedis(asked, given)));
    } else if (areAccepted(own, given)) {
      granted.run();
    } else {
      refuseLate(asked);
    }
  }

  private static boolean areAccepted(Credentials own, Authorization given) {
    return given.isToken()
        ? own.acceptToken(given.password())
        : own.accept(given.user(), given.password());
  }

  private void checkWithRedis(Asked asked, Authorization given) {
    ByteBuffer digest = digest(given.credentials());
    Long lapses = verdicts.get(digest);
    if (lapses != null && clock.getAsLong() < lapses) {
      asked.granted.run();
    } else {
      askRedis(asked, given, digest);
    }
  }

  /** Forgets all verdicts: who may log in may have changed. */
  void voidVerdicts() {
    verdicts.clear();
    voided++;
  }

  private void askRedis(Asked asked, Authorization given, ByteBuffer digest) {
    byte[] user = given.user();
    if (!isProxysOwn(user)) {
      refuseLate(asked);
      return;
    }
    long lapses = clock.getAsLong() + VERDICT_MS;
    int voidedBefore = voided;
    judge
        .accepts(user, given.password())
        .onComplete(
            accepted ->
                asked.guard(
                    () -> {
                      if (!accepted) {
                        refuseLate(asked);
                        return;
                      }
                      if (voided == voidedBefore) {
                        verdicts.put(digest, lapses);
                      }
                      asked.granted.run();
                    }),
            failure -> asked.guard(() -> asked.refused.accept(UNREACHABLE)));
  }

  private boolean isProxysOwn(byte[] user) {
    String proxys = redis.username() == null ? "default" : redis.username();
    return Arrays.equals(proxys.getBytes(StandardCharsets.UTF_8), user);
  }

  private void refuseLate(Asked asked) {
    refusals.answer(asked.request, () -> asked.guard(() -> refuse(asked)));
  }

  private void refuse(Asked asked) {
    String whose = own == null ? "Redis" : "the proxy";
    List<String> schemes =
        own == null ? List.of(BASIC) : List.of(BASIC, "Bearer realm=\"redis-proxy\"");
    asked.request.response().putHeader("www-authenticate", schemes);
    asked.refused.accept(Problem.of(401, "the credentials of " + whose + " are needed"));
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
