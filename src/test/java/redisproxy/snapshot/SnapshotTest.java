package redisproxy.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.cache.Key;

class SnapshotTest {
  private static final long SEED = Long.getLong("test.seed", 20_261);

  @TempDir Path directory;

  private Path file;

  @BeforeEach
  void nameFile() {
    file = directory.resolve("keys");
  }

  private void write(List<Key> keys) throws IOException {
    try (SnapshotWriter writer = new SnapshotWriter(file)) {
      for (Key key : keys) {
        writer.add(key);
      }
      writer.finish();
    }
  }

  private List<Key> read() throws IOException {
    List<Key> keys = new ArrayList<>();
    try (SnapshotReader reader = new SnapshotReader(file)) {
      for (Key key = reader.next(); key != null; key = reader.next()) {
        keys.add(key);
      }
    }
    return keys;
  }

  private static List<Key> keys() {
    Random random = new Random(SEED);
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      byte[] bytes = new byte[i % 40];
      random.nextBytes(bytes);
      keys.add(Key.of(i % 3 == 0 ? Integer.MAX_VALUE - i : i % 16, bytes));
    }
    keys.add(Key.of(0, new byte[Format.MAX_KEY]));
    return keys;
  }

  @Test
  void writtenKeys_areReadInOrder() throws IOException {
    List<Key> keys = keys();
    write(keys);
    assertEquals(keys, read());
    assertEquals(keys.size(), SnapshotReader.count(file));
    write(List.of());
    assertEquals(List.of(), read());
  }

  @Test
  void tooLongKey_isNotWritten() throws IOException {
    Key key = Key.of(1, new byte[] {'k'});
    write(List.of(Key.of(0, new byte[Format.MAX_KEY + 1]), key));
    assertEquals(List.of(key), read());
  }

  @Test
  void finish_leavesOnlyAFileForItsOwner() throws IOException {
    write(keys());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void unfinishedSnapshot_replacesNothing() throws IOException {
    write(List.of(Key.of(0, new byte[] {'a'})));
    try (SnapshotWriter writer = new SnapshotWriter(file)) {
      writer.add(Key.of(0, new byte[] {'b'}));
    }
    assertFalse(Files.exists(directory.resolve("keys.tmp")));
    assertEquals(List.of(Key.of(0, new byte[] {'a'})), read());
    Files.writeString(directory.resolve("keys.tmp"), "left by a process that was killed");
    write(List.of(Key.of(0, new byte[] {'c'})));
    assertEquals(List.of(Key.of(0, new byte[] {'c'})), read());
  }

  @Test
  void foreignFile_isNeitherReadNorReplaced() throws IOException {
    Files.writeString(file, "precious");
    assertThrows(MalformedSnapshot.class, this::read);
    assertThrows(MalformedSnapshot.class, () -> write(keys()));
    assertEquals("precious", Files.readString(file));
    Files.delete(file);
    Files.createDirectory(file);
    assertThrows(MalformedSnapshot.class, this::read);
    assertThrows(MalformedSnapshot.class, () -> write(keys()));
    Files.delete(file);
    assertThrows(NoSuchFileException.class, this::read);
  }

  @Test
  void reader_closesItsStreamEvenIfItIsNotASnapshot() throws IOException {
    byte[] empty = "RPKEYS\n\1".getBytes(StandardCharsets.UTF_8);
    boolean[] closed = new boolean[2];
    new SnapshotReader(reportingClose(empty, () -> closed[0] = true)).close();
    assertTrue(closed[0]);
    assertThrows(
        MalformedSnapshot.class,
        () -> new SnapshotReader(reportingClose(new byte[8], () -> closed[1] = true)));
    assertTrue(closed[1]);
  }

  private static InputStream reportingClose(byte[] bytes, Runnable closed) {
    return new FilterInputStream(new ByteArrayInputStream(bytes)) {
      @Override
      public void close() {
        closed.run();
      }
    };
  }

  @Test
  void emptyFileAndUnknownVersion_areNotReadButReplaced() throws IOException {
    for (byte[] bytes : List.of(new byte[0], "RPKEYS\n\2more".getBytes(StandardCharsets.UTF_8))) {
      Files.write(file, bytes);
      assertThrows(MalformedSnapshot.class, this::read);
      write(List.of());
      assertEquals(List.of(), read());
    }
  }

  @Test
  void truncatedFile_isRefused() throws IOException {
    write(keys().subList(0, 20));
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(MalformedSnapshot.class, () -> SnapshotReader.count(file));
    }
    Files.write(file, Arrays.copyOf(whole, whole.length + 1));
    assertThrows(MalformedSnapshot.class, () -> SnapshotReader.count(file));
  }

  @Test
  void fileWithAChangedByte_isRefused() throws IOException {
    write(keys().subList(0, 20));
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(SEED);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= (byte) (1 + random.nextInt(255));
      Files.write(file, damaged);
      assertThrows(MalformedSnapshot.class, () -> SnapshotReader.count(file), "byte " + i);
    }
  }

  /** Reading random bytes always ends, and only with {@link MalformedSnapshot}. */
  @Test
  void randomBytesAfterTheHead_areRefused() throws IOException {
    Random random = new Random(SEED);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] = random.nextInt(3) > 0 ? (byte) random.nextInt(2) : bytes[j];
      }
      byte[] head = "RPKEYS\n\1".getBytes(StandardCharsets.UTF_8);
      byte[] all = Arrays.copyOf(head, head.length + bytes.length);
      System.arraycopy(bytes, 0, all, head.length, bytes.length);
      Files.write(file, all);
      assertThrows(MalformedSnapshot.class, () -> SnapshotReader.count(file));
    }
    assertTrue(Files.exists(file));
    assertFalse(Files.exists(directory.resolve("keys.tmp")));
  }
}
