package redisproxy.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import redisproxy.cache.Answer;
import redisproxy.cache.Key;

/** A batch of lookups is reused many times. */
class LookupsTest {
  private final Bus.Lookups lookups = new Bus.Lookups("here");
  private final Requester requester = new Requester();

  private static final class Requester implements Bus.Requester {
    @Override
    public void answered(int ticket, Answer answer, boolean hit) {}

    @Override
    public void answersEnd() {}

    @Override
    public void broken(Throwable fault) {}
  }

  private void add(int count) {
    for (int i = 0; i < count; i++) {
      byte[] key = ("key" + i).getBytes(StandardCharsets.US_ASCII);
      ByteBuf buffer = Unpooled.wrappedBuffer(key);
      if (i % 2 == 0) {
        lookups.add(requester, i, 3, buffer, 0, key.length);
      } else {
        lookups.add(requester, i, Key.of(3, key), null);
      }
    }
  }

  private void assertHas(int count) {
    assertEquals(count, lookups.size);
    for (int i = 0; i < count; i++) {
      String key =
          new String(
              lookups.keys, lookups.keyStart(i), lookups.keyLength(i), StandardCharsets.US_ASCII);
      assertEquals("key" + i, key);
      assertEquals(i, lookups.tickets[i]);
      assertEquals(3, lookups.dbs[i]);
      assertEquals(
          Key.of(3, key.getBytes(StandardCharsets.US_ASCII)).hashCode(), lookups.hashes[i]);
      assertSame(requester, lookups.requesters[i]);
      assertNull(lookups.answers[i]);
    }
  }

  @Test
  void add_keepsBatchesOfAllSizes() {
    for (int count : new int[] {1, 16, 17, 1000, 3, 33, 0, 1024, 1}) {
      add(count);
      assertHas(count);
      lookups.clear();
      assertEquals(0, lookups.size);
    }
  }

  /** Otherwise a small batch would cost the garbage collector as much as the largest one. */
  @Test
  void clear_afterALargeBatch_shrinksForSmallOnes() {
    add(1000);
    lookups.clear();
    assertTrue(lookups.requesters.length >= 1000, "the next batch is likely to be as large");
    add(2);
    lookups.clear();
    assertEquals(16, lookups.requesters.length);
    assertEquals(16, lookups.answers.length);
  }

  @Test
  void isFull_atTheLimitOfNumberOrBytes() {
    add(1023);
    assertTrue(!lookups.isFull());
    add(1);
    assertTrue(lookups.isFull());
    lookups.clear();
    byte[] key = new byte[64 * 1024];
    lookups.add(requester, 1, Key.of(0, key), null);
    assertTrue(lookups.isFull());
  }
}
