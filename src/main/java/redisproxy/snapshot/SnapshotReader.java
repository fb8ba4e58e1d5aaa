package redisproxy.snapshot;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Key;

/**
 * Reads a snapshot, key by key, so that it need not fit into memory. Whatever the file contains,
 * the reader allocates no more at a time than the longest allowed key.
 */
public final class SnapshotReader implements Closeable {
  private final CRC32 crc = new CRC32();
  private final DataInputStream in;

  /** Opens a file. Throws a {@link MalformedSnapshot} if it is not a snapshot. */
  public SnapshotReader(Path file) throws IOException {
    this(opened(file));
  }

  /** Reads a snapshot from a stream, and closes the stream. */
  SnapshotReader(InputStream stream) throws IOException {
    in = new DataInputStream(new CheckedInputStream(stream, crc));
    try {
      head();
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static InputStream opened(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new MalformedSnapshot("not a file");
    }
    return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
  }

  private void head() throws IOException {
    byte[] head = in.readNBytes(Format.MAGIC.length + 1);
    if (head.length == 0 || !Arrays.equals(Format.MAGIC, Arrays.copyOf(head, head.length - 1))) {
      throw new MalformedSnapshot("not a snapshot of redis-proxy");
    }
    if (head[head.length - 1] != Format.VERSION) {
      throw new MalformedSnapshot("unknown version: " + head[head.length - 1]);
    }
  }

  /** The next key, or null after the last one. */
  public @Nullable Key next() throws IOException {
    int db = number();
    if (db == Format.END) {
      end();
      return null;
    }
    int length = number();
    if (db < 0 || length < 0 || length > Format.MAX_KEY) {
      throw new MalformedSnapshot("damaged");
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new MalformedSnapshot("truncated");
    }
    return Key.of(db, bytes);
  }

  private int number() throws IOException {
    byte[] bytes = in.readNBytes(4);
    if (bytes.length < 4) {
      throw new MalformedSnapshot("truncated");
    }
    return (bytes[0] & 0xff) << 24
        | (bytes[1] & 0xff) << 16
        | (bytes[2] & 0xff) << 8
        | bytes[3] & 0xff;
  }

  private void end() throws IOException {
    int expected = (int) crc.getValue();
    if (number() != expected) {
      throw new MalformedSnapshot("damaged");
    }
    if (in.read() >= 0) {
      throw new MalformedSnapshot("data after the end");
    }
  }

  /**
   * Checks a whole file, and returns how many keys it holds. Throws a {@link MalformedSnapshot} if
   * anything is wrong with it.
   */
  public static long count(Path file) throws IOException {
    try (SnapshotReader reader = new SnapshotReader(file)) {
      long count = 0;
      while (reader.next() != null) {
        count++;
      }
      return count;
    }
  }

  /** Whether a file or directory exists that is not a snapshot. An empty file may be replaced. */
  static boolean isForeign(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Files.exists(file);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(Format.MAGIC.length);
      return head.length > 0 && !Arrays.equals(head, Format.MAGIC);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
