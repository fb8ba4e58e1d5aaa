package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Replies to requests of several kinds. The first bytes of a reply tell its kind. Kinds that begin
 * alike must have the same replies. For one thread.
 */
final class MixedFormat implements Replies.Format {
  private final List<RespFormat> formats = new ArrayList<>();

  MixedFormat(List<RespFormat> kinds) {
    for (RespFormat kind : kinds) {
      RespFormat alike = formats.stream().filter(kind::beginsLike).findFirst().orElse(null);
      if (alike == null) {
        formats.add(kind);
      } else if (alike.isLike(kind)) {
        kind.release();
      } else {
        throw new IllegalArgumentException("two kinds of replies that begin alike");
      }
    }
  }

  @Override
  public int length(ByteBuf bytes) {
    return bytes.readableBytes() < RespFormat.HEAD ? -1 : of(bytes).length(bytes);
  }

  @Override
  public void check(ByteBuf bytes, int key) {
    of(bytes).check(bytes, key);
  }

  private RespFormat of(ByteBuf bytes) {
    for (RespFormat format : formats) {
      if (format.begins(bytes)) {
        return format;
      }
    }
    throw new WrongReply("expected a reply of the mix, not " + RespFormat.shown(bytes));
  }

  @Override
  public void release() {
    formats.forEach(RespFormat::release);
  }
}
