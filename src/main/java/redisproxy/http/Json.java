package redisproxy.http;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import redisproxy.cache.Utf8;

/** Puts keys and values into JSON: as text if they are UTF-8, otherwise as base64 with a marker. */
public final class Json {
  private Json() {}

  public static JsonObject putKey(JsonObject json, byte[] key) {
    return put(json, "key", "keyEncoding", key, 0, key.length);
  }

  public static JsonObject putValue(JsonObject json, byte[] buffer, int offset, int length) {
    return put(json, "value", "encoding", buffer, offset, length);
  }

  private static JsonObject put(
      JsonObject json, String name, String mark, byte[] buffer, int offset, int length) {
    if (Utf8.isValid(buffer, offset, length)) {
      return json.put(name, new String(buffer, offset, length, StandardCharsets.UTF_8));
    }
    byte[] bytes = java.util.Arrays.copyOfRange(buffer, offset, offset + length);
    return json.put(name, Base64.getEncoder().encodeToString(bytes)).put(mark, "base64");
  }
}
