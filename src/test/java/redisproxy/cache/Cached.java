package redisproxy.cache;

import java.nio.charset.StandardCharsets;

/** Makes replies as if they were kept in the cache, for tests of other packages. */
public final class Cached {
  private Cached() {}

  /** A reply; a blank in its text stands for a line end. */
  public static CachedReply reply(Key key, Read read, String text) {
    byte[] bytes = text.replace(" ", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    return new CachedReply(key, read, bytes, new CommandCounts.Of(), 0, 1);
  }
}
