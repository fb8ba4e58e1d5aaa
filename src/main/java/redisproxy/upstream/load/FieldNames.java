package redisproxy.upstream.load;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import redisproxy.cache.Read;

/** Finds the names of all fields of a hash in a reply that contains them. */
final class FieldNames {
  private FieldNames() {}

  /**
   * The names of the fields in a reply in RESP2.
   *
   * @return empty if there are none, or if it is not the reply to HGETALL or HKEYS
   */
  static List<byte[]> in(byte[] reply, Read read) {
    int step =
        switch (new String(read.words().get(0), StandardCharsets.ISO_8859_1)) {
          case "hkeys" -> 1;
          case "hgetall" -> 2;
          default -> 0;
        };
    List<byte[]> names = new ArrayList<>();
    int at = step == 0 || reply[0] != '*' ? reply.length : lineEnd(reply, 0);
    for (int i = 0; at < reply.length; i++) {
      if (reply[at] != '$') {
        return List.of();
      }
      int start = lineEnd(reply, at);
      int end = start + length(reply, at + 1);
      if (i % step == 0) {
        names.add(Arrays.copyOfRange(reply, start, end));
      }
      at = end + 2;
    }
    return names;
  }

  private static int lineEnd(byte[] reply, int from) {
    int at = from;
    while (reply[at] != '\n') {
      at++;
    }
    return at + 1;
  }

  private static int length(byte[] reply, int from) {
    int length = 0;
    for (int at = from; reply[at] != '\r'; at++) {
      length = length * 10 + reply[at] - '0';
    }
    return length;
  }
}
