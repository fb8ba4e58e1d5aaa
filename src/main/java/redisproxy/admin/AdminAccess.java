package redisproxy.admin;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.RateLimit;
import redisproxy.auth.Authorization;
import redisproxy.auth.Credentials;
import redisproxy.auth.LateRefusals;
import redisproxy.config.Secret;
import redisproxy.http.Problem;
import redisproxy.http.RequestLimit;

/**
 * Decides who may use the admin port, and how often. The health paths need no token, because an
 * orchestrator has none. If a token is set, all other paths require it. Every response has headers
 * that restrict what browsers do with it.
 */
final class AdminAccess {
  /** Basic comes first so that browsers ask for a password, which is the token. */
  private static final List<String> SCHEMES =
      List.of("Basic realm=\"redis-proxy admin\"", "Bearer realm=\"redis-proxy admin\"");

  private final RateLimit rate;
  private final LateRefusals refusals;

  /** The token's digest; null when no token is required. */
  private final byte @Nullable [] token;

  /** Creates the filter. Use it only on the event loop of the context. */
  AdminAccess(Context context, @Nullable Secret token, FrontLimits limits) {
    this.rate = limits.rate();
    this.refusals = new LateRefusals(context, limits.failedLogins());
    this.token =
        token == null ? null : Credentials.digest(token.value().getBytes(StandardCharsets.UTF_8));
  }

  /** Adds the filter before all routes that are mounted later. */
  void mount(Router router) {
    router.route().handler(this::check);
  }

  private void check(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    secure(ctx.response());
    if (RequestLimit.isExceeded(rate, request)) {
      RequestLimit.problem().end(request);
      return;
    }
    // The router uses the same normalized path, so /health/../stats does not count as a health
    // path.
    if (token == null || ctx.normalizedPath().startsWith("/health/")) {
      ctx.next();
      return;
    }
    Authorization given = Authorization.of(request);
    if (given == null) {
      refuse(request);
    } else if (MessageDigest.isEqual(token, Credentials.digest(given.password()))) {
      ctx.next();
    } else {
      refusals.answer(request, () -> refuse(request));
    }
  }

  private static void secure(HttpServerResponse response) {
    response
        .putHeader("referrer-policy", "no-referrer")
        .putHeader("content-security-policy", "default-src 'self'; frame-ancestors 'none'");
  }

  private static void refuse(HttpServerRequest request) {
    request.response().putHeader("www-authenticate", SCHEMES);
    Problem.of(401, "admin.token is required").end(request);
  }
}
