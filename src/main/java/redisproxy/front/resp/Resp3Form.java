package redisproxy.front.resp;

import java.nio.charset.StandardCharsets;
import redisproxy.cache.Read;
import redisproxy.resp.Reply;

/**
 * What a client of RESP3 gets of a reply in RESP2 that it shares with clients of RESP2: another
 * head, and the rest of the reply as it is. Only replies that differ in nothing else are shared.
 *
 * @param head what is written first
 * @param rest where the rest begins in the reply
 */
record Resp3Form(byte[] head, int rest) {
  private static final Resp3Form SAME = new Resp3Form(new byte[0], 0);
  private static final Resp3Form NULL = new Resp3Form(Reply.NULL, Reply.NIL.length);

  /** The form of a reply, which must be RESP2. */
  static Resp3Form of(Read read, byte[] reply) {
    if (reply[0] == '$' && reply[1] == '-') {
      return NULL;
    }
    if (reply[0] != '*' || !read.has(Read.MAP | Read.SET)) {
      return SAME;
    }
    int end = 1;
    int length = 0;
    for (; reply[end] != '\r'; end++) {
      length = length * 10 + reply[end] - '0';
    }
    String head = read.has(Read.MAP) ? "%" + length / 2 : "~" + length;
    return new Resp3Form(head.getBytes(StandardCharsets.US_ASCII), end);
  }
}
