package redisproxy.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import redisproxy.cache.Key;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/**
 * Fuzzes the {@link SnapshotReader}. It throws only {@link MalformedSnapshot} for a file that is
 * not a snapshot. A file that it accepts has the same bytes as one that is written from its keys.
 * The memory it holds is in proportion to the file, whatever lengths are in it. A broken file is
 * also tested with a corrected checksum.
 */
public final class SnapshotTarget implements Target {
  private static final Allocation ALLOCATION = new Allocation(2 * Format.MAX_KEY, 100);
  private static final int CHECKSUM = 4;

  @Override
  public List<String> words() {
    return List.of(
        "RPKEYS\n\001",
        "RPKEYS\n\002",
        "\0",
        "\001",
        "\377",
        "\177",
        "\200",
        "\0\0\0\0",
        "\0\0\0\001",
        "\377\377\377\377",
        "\377\377\377\376",
        "\177\377\377\377",
        "\200\0\0\0",
        "\0\001\0\0",
        "\0\001\0\001",
        "\0\0\0\003key");
  }

  @Override
  public Sample sample(Random random) {
    List<Key> keys = new ArrayList<>();
    for (int left = random.nextInt(5); left > 0; left--) {
      byte[] key = new byte[random.nextInt(random.nextInt(50) == 0 ? 2000 : 12)];
      random.nextBytes(key);
      keys.add(Key.of(random.nextInt(8) == 0 ? random.nextInt() >>> 1 : random.nextInt(16), key));
    }
    return new Sample(written(keys), new Outcome(texts(keys), null));
  }

  private static byte[] written(List<Key> keys) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(Format.MAGIC);
      out.write(Format.VERSION);
      for (Key key : keys) {
        out.writeInt(key.db());
        out.writeInt(key.bytes().length);
        out.write(key.bytes());
      }
      out.writeInt(Format.END);
      out.writeInt(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return summed(bytes.toByteArray());
  }

  /** Replaces the last four bytes with the correct checksum. */
  private static byte[] summed(byte[] file) {
    CRC32 crc = new CRC32();
    crc.update(file, 0, file.length - CHECKSUM);
    byte[] summed = file.clone();
    ByteBuffer.wrap(summed).putInt(file.length - CHECKSUM, (int) crc.getValue());
    return summed;
  }

  private static List<String> texts(List<Key> keys) {
    return keys.stream()
        .map(key -> key.db() + " " + new String(key.bytes(), StandardCharsets.ISO_8859_1))
        .toList();
  }

  @Override
  public Outcome outcome(byte[] input) {
    Outcome unchanged = read(input);
    return unchanged.error() == null || input.length < CHECKSUM ? unchanged : read(summed(input));
  }

  private static Outcome read(byte[] file) {
    ALLOCATION.check(file.length, () -> pass(file));
    List<Key> keys = new ArrayList<>();
    try (SnapshotReader reader = new SnapshotReader(new ByteArrayInputStream(file))) {
      for (Key key = reader.next(); key != null; key = reader.next()) {
        keys.add(key);
        assertTrue(keys.size() <= file.length / 8, "more keys than fit into the file");
      }
      assertArrayEquals(file, written(keys), "the file differs from one written from its keys");
      return new Outcome(texts(keys), null);
    } catch (MalformedSnapshot e) {
      return new Outcome(texts(keys), e.getMessage());
    } catch (IOException e) {
      throw new AssertionError("not malformed, but " + e, e);
    }
  }

  private static void pass(byte[] file) {
    try (SnapshotReader reader = new SnapshotReader(new ByteArrayInputStream(file))) {
      while (reader.next() != null) {
        // Reads the next key.
      }
    } catch (IOException e) {
      // A broken file ends with an error.
    }
  }
}
