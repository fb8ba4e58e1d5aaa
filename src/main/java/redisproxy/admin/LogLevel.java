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
 * {@code /log/level}: tells the least important messages that are logged, and changes them while
 * the proxy runs.
 *
 * <p>Whom {@link AdminAccess} lets pass may ask and change it, but no web page that somebody was
 * lured to. A browser names the page's origin with every PUT, and sends JSON elsewhere only when it
 * was allowed to before, which nobody is.
 */
final class LogLevel {
  private static final Logger LOG = LoggerFactory.getLogger(LogLevel.class);
  private static final String PATH = "/log/level";
  private static final int MAX_BODY = 256;

  private LogLevel() {}

  static void mount(Router router) {
    router.get(PATH).handler(LogLevel::tell);
    router.put(PATH).handler(LogLevel::guard);
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

  private static void guard(RoutingContext ctx) {
    String type = ctx.request().getHeader("content-type");
    if (ctx.request().getHeader("origin") != null) {
      Problem.of(403, "the level is not changed by web pages").end(ctx.request());
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
    tell(ctx);
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

  private static void tell(RoutingContext ctx) {
    AdminVerticle.end(ctx, 200, new JsonObject().put("level", name(Logging.level())));
  }

  private static String name(Log.Level level) {
    return level.name().toLowerCase(Locale.ROOT);
  }
}
