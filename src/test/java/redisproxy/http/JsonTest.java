package redisproxy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonTest {

  @Test
  void putKey_ofText_isText() {
    byte[] key = "clé \"1\"\n\0😀".getBytes(StandardCharsets.UTF_8);
    JsonObject json = Json.putKey(new JsonObject(), key);
    assertEquals(new JsonObject().put("key", "clé \"1\"\n\0😀"), json);
    assertEquals("{\"key\":\"clé \\\"1\\\"\\n\\u0000😀\"}", json.encode());
  }

  @Test
  void putKey_ofBytes_isMarkedBase64() {
    JsonObject json = Json.putKey(new JsonObject(), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertEquals(new JsonObject().put("key", "//4A").put("keyEncoding", "base64"), json);
  }

  @Test
  void putValue_readsOnlyItsSlice() {
    byte[] buffer = {(byte) 0xff, 'a', 'b', (byte) 0xff, 'c'};
    assertEquals(
        new JsonObject().put("value", "ab"), Json.putValue(new JsonObject(), buffer, 1, 2));
    assertEquals(
        new JsonObject().put("value", "YWL/").put("encoding", "base64"),
        Json.putValue(new JsonObject(), buffer, 1, 3));
    assertEquals(new JsonObject().put("value", ""), Json.putValue(new JsonObject(), buffer, 4, 0));
  }
}
