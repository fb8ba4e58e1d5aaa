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
 * Writes a snapshot beside the file it is to become, which it takes the place of at once and whole
 * in the end. Only the owner may read it: keys may be secrets.
 */
public final class SnapshotWriter implements Closeable {
  private final Path file;
  private final Path unfinished;
  private final FileChannel channel;
  private final CRC32 crc = new CRC32();
  private final DataOutputStream out;

  /**
   * Begins to write; an unfinished one of an earlier attempt is replaced. Throws a {@link
   * MalformedSnapshot} when the file is there and not a snapshot: somebody may need it.
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

  /** Puts what was written in its place. */
  public void finish() throws IOException {
    out.writeInt(Format.END);
    out.writeInt((int) crc.getValue());
    out.flush();
    channel.force(true);
    channel.close();
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Leaves nothing behind if it was not finished. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      Files.deleteIfExists(unfinished);
    }
  }
}
