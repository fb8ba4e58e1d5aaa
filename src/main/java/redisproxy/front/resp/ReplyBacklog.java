package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reply bytes that wait until a client reads, in order. A run of equal short lines, such as a
 * million {@code +OK}, is kept as one copy and a count. So a client can send a whole pipeline
 * before it reads, and its replies cost almost no memory until then. All other bytes are copied
 * unchanged. Not thread-safe.
 */
public final class ReplyBacklog {
  /** A longer line, in bytes, is not compared with the previous line. */
  private static final int MAX_LINE = 64;

  /** A run begins after this many equal lines. Fewer lines take no more room as they are. */
  private static final int MIN_RUN = 8;

  private static final int CHUNK = 4 * 1024;

  /** The memory of a chunk or a run in addition to its bytes. */
  private static final int OVERHEAD = 64;

  /** Bytes to send {@code times} times. In a chunk, {@code to} grows as bytes are added. */
  private static final class Piece {
    final byte[] bytes;
    int from;
    int to;
    long times = 1;

    Piece(byte[] bytes, int length) {
      this.bytes = bytes;
      this.to = length;
    }

    boolean isRun() {
      return bytes.length != CHUNK;
    }

    int weight() {
      return bytes.length + OVERHEAD;
    }
  }

  private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
  private final byte[] lastLine = new byte[MAX_LINE];
  private int lastLength;
  private int repeated;
  private long held;

  public boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** How much memory the backlog takes, in bytes. */
  public long held() {
    return held;
  }

  /** Adds the readable bytes of a buffer. The caller releases it. */
  public void add(ByteBuf data) {
    while (data.isReadable()) {
      int from = data.readerIndex();
      int newline = data.indexOf(from, data.writerIndex(), (byte) '\n');
      int length = (newline < 0 ? data.writerIndex() : newline + 1) - from;
      boolean isShortLine = newline >= 0 && length <= MAX_LINE;
      if (!isShortLine || !repeats(data, from, length)) {
        append(data, length);
      }
      data.readerIndex(from + length);
    }
  }

  /** Counts a line that continues a run. Returns false if the line must be added unchanged. */
  private boolean repeats(ByteBuf data, int from, int length) {
    if (!equalsLast(data, from, length)) {
      data.getBytes(from, lastLine, 0, length);
      lastLength = length;
      repeated = 1;
      return false;
    }
    if (repeated + 1 < MIN_RUN) {
      repeated++;
      return false;
    }
    Piece last = pieces.peekLast();
    if (repeated == MIN_RUN && last != null && last.isRun()) {
      last.times++;
    } else {
      push(new Piece(Arrays.copyOf(lastLine, length), length));
      repeated = MIN_RUN;
    }
    return true;
  }

  private boolean equalsLast(ByteBuf data, int from, int length) {
    if (length != lastLength) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (data.getByte(from + i) != lastLine[i]) {
        return false;
      }
    }
    return true;
  }

  private void append(ByteBuf data, int length) {
    if (length > MAX_LINE) {
      lastLength = 0;
    }
    int from = data.readerIndex();
    int left = length;
    while (left > 0) {
      Piece last = pieces.peekLast();
      if (last == null || last.isRun() || last.to == CHUNK) {
        last = push(new Piece(new byte[CHUNK], 0));
      }
      int step = Math.min(left, CHUNK - last.to);
      data.getBytes(from, last.bytes, last.to, step);
      last.to += step;
      from += step;
      left -= step;
    }
  }

  private Piece push(Piece piece) {
    pieces.add(piece);
    held += piece.weight();
    return piece;
  }

  /** Takes the next bytes, up to {@code most}. Do not call it on an empty backlog. */
  public ByteBuf take(ByteBufAllocator allocator, int most) {
    ByteBuf taken = allocator.ioBuffer(most, most);
    while (taken.isWritable() && !pieces.isEmpty()) {
      Piece first = Objects.requireNonNull(pieces.peek());
      int step = Math.min(taken.writableBytes(), first.to - first.from);
      taken.writeBytes(first.bytes, first.from, step);
      first.from += step;
      if (first.from == first.to && --first.times == 0) {
        held -= pieces.remove().weight();
      } else if (first.from == first.to) {
        first.from = 0;
      }
    }
    if (pieces.isEmpty()) {
      lastLength = 0;
    }
    return taken;
  }

  /** Removes everything. */
  public void clear() {
    pieces.clear();
    held = 0;
    lastLength = 0;
  }

  /** The memory of a backlog in bytes; 0 for null. */
  public static long bytes(@Nullable ReplyBacklog backlog) {
    return backlog == null ? 0 : backlog.held;
  }
}
