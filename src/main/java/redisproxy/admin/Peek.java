package redisproxy.admin;

import io.vertx.core.Context;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.cacheverticle.Insight;
import redisproxy.config.Settings;
import redisproxy.http.HttpKeys;
import redisproxy.http.Json;
import redisproxy.http.Problem;

/**
 * {@code /peek?db=0&key=…}: returns what the cache holds for one key. It does not count as a use of
 * the entry, and it loads nothing.
 */
final class Peek {
  /** How much of a value is shown, in bytes. */
  private static final int SHOWN = 256;

  private static final long ANSWER_WITHIN_MS = 1_000;

  private final Settings settings;
  private final Insight insight;
  private final Context context;

  /** Creates the handler. It answers on this context. */
  Peek(Settings settings, Insight insight, Context context) {
    this.settings = settings;
    this.insight = insight;
    this.context = context;
  }

  void answer(RoutingContext ctx) {
    try {
      byte[] key = HttpKeys.inQuery(ctx.request());
      if (key == null) {
        Problem.of(400, "no key").end(ctx.request());
      } else {
        look(ctx, Key.of(db(ctx.request().getParam("db")), key));
      }
    } catch (IllegalArgumentException e) {
      Problem.of(400, String.valueOf(e.getMessage())).end(ctx.request());
    }
  }

  private int db(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return settings.redis().endpoint().database();
    }
    if (!text.matches("[0-9]{1,6}")) {
      throw new IllegalArgumentException("db must be the number of a database");
    }
    return Integer.parseInt(text);
  }

  private void look(RoutingContext ctx, Key key) {
    long timer =
        context
            .owner()
            .setTimer(
                ANSWER_WITHIN_MS,
                late -> Problem.of(503, "the cache does not answer").end(ctx.request()));
    insight.peek(
        context,
        key,
        glance -> {
          if (context.owner().cancelTimer(timer) && !ctx.response().closed()) {
            AdminVerticle.end(ctx, 200, body(key, glance));
          }
        });
  }

  private JsonObject body(Key key, Insight.Glance glance) {
    JsonObject body = Json.putKey(new JsonObject().put("db", key.db()), key.bytes());
    Entry entry = glance.entry();
    body.put("held", entry != null);
    if (entry == null) {
      return body;
    }
    body.put("ageMs", glance.now() - entry.loadedAt())
        .put("leftMs", entry.expiresAt() - glance.now())
        .put("missing", entry.isMissing());
    if (!entry.isMissing()) {
      body.put("bytes", entry.valueLength());
      if (settings.dashboard().showValues()) {
        show(body, entry);
      }
    }
    return body;
  }

  private static void show(JsonObject body, Entry entry) {
    int length = Math.min(SHOWN, entry.valueLength());
    boolean isText = entry.isUtf8();
    byte[] bytes = entry.bytes();
    int from = entry.valueOffset();
    String shown =
        isText
            ? new String(bytes, from, length, StandardCharsets.UTF_8)
            : HexFormat.ofDelimiter(" ").formatHex(bytes, from, from + length);
    if (isText && length < entry.valueLength() && shown.endsWith("\uFFFD")) {
      // The last character was cut off.
      shown = shown.substring(0, shown.length() - 1);
    }
    body.put("value", shown).put("format", isText ? "text" : "hex").put("shown", length);
  }
}
