package redisproxy.snapshot;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import redisproxy.cache.Key;

/**
 * Writes a snapshot to a temporary file beside the target. {@link #finish} then replaces the target
 * atomically. Only the owner may read the file, because keys may be secrets.
 */
public final class SnapshotWriter implements Closeable {
  private final Path file;
  private final Path unfinished;
  private final FileChannel channel;
  private final CRC32 crc = new CRC32();
  private final DataOutputStream out;

  /**
   * Begins to write. Replaces an unfinished snapshot of an earlier attempt. Throws a {@link
   * MalformedSnapshot} if the target exists and is not a snapshot, because it may be a file that is
   * needed.
   */
  public SnapshotWriter(Path file) throws IOException {
    if (SnapshotReader.isForeign(file)) {
      throw new MalformedSnapshot("not a snapshot of redis-proxy, so not replaced");
    }
    this.file = file;
    this.unfinished = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(unfinished);
    this.channel =
        FileChannel.open(
            unfinished,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    OutputStream buffered = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    this.out = new DataOutputStream(new CheckedOutputStream(buffered, crc));
    out.write(Format.MAGIC);
    out.write(Format.VERSION);
  }

  /** Adds a key, unless it is too long. */
  public void add(Key key) throws IOException {
    if (key.bytes().length <= Format.MAX_KEY) {
      out.writeInt(key.db());
      out.writeInt(key.bytes().length);
      out.write(key.bytes());
    }
  }

  /** Completes the snapshot, and replaces the target with it. */
  public void finish() throws IOException {
    out.writeInt(Format.END);
    out.writeInt((int) crc.getValue());
    out.flush();
    channel.force(true);
    channel.close();
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Deletes the temporary file if the snapshot is not finished. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      Files.deleteIfExists(unfinished);
    }
  }
}
