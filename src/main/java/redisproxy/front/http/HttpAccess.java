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
import redisproxy.upstream.CredentialCheck;

/**
 * Decides who may read over HTTP.
 *
 * <p>If the proxy has a password for Redis, clients need HTTP Basic credentials (RFC 7617) that
 * Redis accepts. They must be those of the proxy's own user, because the cache was filled as that
 * user. If Redis accepts, this verdict is kept for ten seconds, under a keyed digest and without
 * the credentials. All verdicts are void when access rules may have changed.
 *
 * <p>If the proxy checks credentials itself and has a password, clients need its own {@link
 * Credentials}, or the password alone as a bearer token. The answer to wrong credentials is
 * delayed.
 */
final class HttpAccess {
  private static final long VERDICT_MS = 10_000;
  private static final int MOST_VERDICTS = 1_000;
  private static final String BASIC = "Basic realm=\"redis-proxy\"";
  private static final String DIGEST = "HmacSHA256";
  private static final Problem UNREACHABLE = Problem.of(503, "Redis cannot be reached");

  private final Settings.Redis redis;

  /** Null if Redis checks credentials. */
  private final @Nullable Credentials own;

  private final CredentialCheck credentialCheck;
  private final LateRefusals refusals;
  private final Executor later;
  private final LongSupplier clock;
  private final SecretKeySpec secret;

  private final Map<ByteBuffer, Long> verdicts = new Verdicts();

  /**
   * How often verdicts were voided. A verdict that was requested before the last time is not kept.
   */
  private int voided;

  /** A request whose credentials are checked, with the callbacks for the result. */
  private record Check(
      HttpServerRequest request,
      Runnable granted,
      Consumer<Problem> refused,
      Consumer<Throwable> broken) {

    /** Runs a task outside of the router's call, where nothing else catches exceptions. */
    void guard(Runnable task) {
      try {
        task.run();
      } catch (Throwable fault) {
        broken.accept(fault);
      }
    }
  }

  /** The expiry time of each verdict, by the digest of the credentials. */
  private static final class Verdicts extends LinkedHashMap<ByteBuffer, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Long> eldest) {
      return size() > MOST_VERDICTS;
    }
  }

  /**
   * Belongs to one event loop.
   *
   * @param own the proxy's own credentials, or null if Redis checks credentials
   * @param refusals delays the answers to wrong credentials
   * @param later runs tasks on that event loop, in order with the bus messages delivered there
   * @param clock milliseconds, monotonic
   */
  HttpAccess(
      Settings.Redis redis,
      @Nullable Credentials own,
      CredentialCheck credentialCheck,
      LateRefusals refusals,
      Executor later,
      LongSupplier clock) {
    this.redis = redis;
    this.own = own;
    this.later = later;
    this.credentialCheck = credentialCheck;
    this.refusals = refusals;
    this.clock = clock;
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.secret = new SecretKeySpec(random, DIGEST);
  }

  /**
   * Checks a request, and calls one of the callbacks, now or later. It may call none if the client
   * is disconnected, or if too many answers to failed log-ins wait.
   *
   * @param refused receives the error for the client
   * @param broken receives an exception thrown after this method has returned, which is a fault of
   *     the proxy
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
    Check check = new Check(request, granted, refused, broken);
    Authorization given = Authorization.of(request);
    if (given == null || own == null && given.isToken()) {
      refuse(check);
    } else if (own == null) {
      // An event loop reads sockets before it runs due tasks. One such task voids verdicts. It may
      // be due since before this request was sent, so look the verdict up after it.
      later.execute(() -> check.guard(() -> checkWithRedis(check, given)));
    } else if (isAccepted(own, given)) {
      granted.run();
    } else {
      refuseLate(check);
    }
  }

  private static boolean isAccepted(Credentials own, Authorization given) {
    return given.isToken()
        ? own.acceptToken(given.password())
        : own.accept(given.user(), given.password());
  }

  private void checkWithRedis(Check check, Authorization given) {
    ByteBuffer digest = digest(given.credentials());
    Long lapses = verdicts.get(digest);
    if (lapses != null && clock.getAsLong() < lapses) {
      check.granted.run();
    } else {
      askRedis(check, given, digest);
    }
  }

  /** Forgets all verdicts, because access rules may have changed. */
  void voidVerdicts() {
    verdicts.clear();
    voided++;
  }

  private void askRedis(Check check, Authorization given, ByteBuffer digest) {
    byte[] user = given.user();
    if (!isProxyUser(user)) {
      refuseLate(check);
      return;
    }
    long lapses = clock.getAsLong() + VERDICT_MS;
    int voidedBefore = voided;
    credentialCheck
        .accepts(user, given.password())
        .onComplete(
            accepted ->
                check.guard(
                    () -> {
                      if (!accepted) {
                        refuseLate(check);
                        return;
                      }
                      if (voided == voidedBefore) {
                        verdicts.put(digest, lapses);
                      }
                      check.granted.run();
                    }),
            failure -> check.guard(() -> check.refused.accept(UNREACHABLE)));
  }

  private boolean isProxyUser(byte[] user) {
    String proxyUser = redis.username() == null ? "default" : redis.username();
    return Arrays.equals(proxyUser.getBytes(StandardCharsets.UTF_8), user);
  }

  private void refuseLate(Check check) {
    refusals.answer(check.request, () -> check.guard(() -> refuse(check)));
  }

  private void refuse(Check check) {
    String whose = own == null ? "Redis" : "the proxy";
    List<String> schemes =
        own == null ? List.of(BASIC) : List.of(BASIC, "Bearer realm=\"redis-proxy\"");
    check.request.response().putHeader("www-authenticate", schemes);
    check.refused.accept(Problem.of(401, "the credentials of " + whose + " are needed"));
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
