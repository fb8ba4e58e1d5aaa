package redisproxy.admin;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Log;
import redisproxy.http.Problem;
import redisproxy.log.LogKey;
import redisproxy.log.Logging;

/**
 * {@code /log/level}: returns the log level, and changes it while the proxy runs.
 *
 * <p>Clients that {@link AdminAccess} lets pass may read and change it. Web pages may not change
 * it, so that a malicious page in an operator's browser cannot. A browser sends the page's origin
 * with every PUT. It sends JSON to another origin only after a CORS preflight allows it, and the
 * admin port allows none.
 */
final class LogLevel {
  private static final Logger LOG = LoggerFactory.getLogger(LogLevel.class);
  private static final String PATH = "/log/level";
  private static final int MAX_BODY = 256;

  private LogLevel() {}

  static void mount(Router router) {
    router.get(PATH).handler(LogLevel::answer);
    router.put(PATH).handler(LogLevel::refuseWebPages);
    router
        .put(PATH)
        .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
        .handler(LogLevel::change)
        .failureHandler(
            ctx ->
                Problem.of(
                        ctx.statusCode() > 0 ? ctx.statusCode() : 500,
                        "the level could not be changed")
                    .end(ctx.request()));
  }

  private static void refuseWebPages(RoutingContext ctx) {
    String type = ctx.request().getHeader("content-type");
    if (ctx.request().getHeader("origin") != null) {
      Problem.of(403, "web pages may not change the level").end(ctx.request());
    } else if (type == null
        || !type.split(";", -1)[0].strip().equalsIgnoreCase("application/json")) {
      Problem.of(415, "send application/json").end(ctx.request());
    } else {
      ctx.next();
    }
  }

  private static void change(RoutingContext ctx) {
    Log.Level level = level(ctx);
    if (level == null) {
      Problem.of(400, "send {\"level\": one of error, warn, info, debug, trace}")
          .end(ctx.request());
      return;
    }
    Logging.level(level);
    LOG.atWarn().addKeyValue(LogKey.LEVEL, name(level)).log("the log level was changed");
    answer(ctx);
  }

  private static Log.@Nullable Level level(RoutingContext ctx) {
    try {
      JsonObject body = ctx.body().asJsonObject();
      String text = body == null ? null : body.getString("level");
      return text == null ? null : Log.Level.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (DecodeException | ClassCastException | IllegalArgumentException wrong) {
      return null;
    }
  }

  private static void answer(RoutingContext ctx) {
    AdminVerticle.end(ctx, 200, new JsonObject().put("level", name(Logging.level())));
  }

  private static String name(Log.Level level) {
    return level.name().toLowerCase(Locale.ROOT);
  }
}
