package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyQueueTest {

  @Test
  void first_whenRepliesArriveInAnyOrder_isThatOfTheEarliestRequest() {
    ReplyQueue queue = new ReplyQueue(10);
    int a = queue.take();
    int b = queue.take();
    queue.fill(b, "b");
    assertNull(queue.first());
    queue.fill(a, "a");
    assertEquals("a", queue.first());
    queue.removeFirst();
    assertEquals("b", queue.first());
    queue.removeFirst();
    assertTrue(queue.isEmpty());
  }

  @Test
  void fill_withNull_removesTheReply() {
    ReplyQueue queue = new ReplyQueue(10);
    int ticket = queue.take();
    queue.fill(ticket, "early");
    queue.fill(ticket, null);
    assertNull(queue.first());
    assertFalse(queue.isEmpty());
    queue.fill(ticket, "late");
    assertEquals("late", queue.first());
  }

  @Test
  void isFull_whenTheLimitIsReached_untilOneLeaves() {
    ReplyQueue queue = new ReplyQueue(2);
    queue.take();
    assertFalse(queue.isFull());
    int head = queue.take();
    assertTrue(queue.isFull());
    queue.fill(head, "x");
    queue.removeFirst();
    assertFalse(queue.isFull());
  }

  @Test
  void clear_removesAll_andTicketsContinue() {
    ReplyQueue queue = new ReplyQueue(100);
    for (int i = 0; i < 20; i++) {
      queue.fill(queue.take(), "old");
    }
    queue.clear();
    assertTrue(queue.isEmpty());
    assertEquals(20, queue.head());
    for (int i = 0; i < 40; i++) {
      int ticket = queue.take();
      assertEquals(20 + i, ticket);
      assertNull(queue.first(), "an old reply came back");
      queue.fill(ticket, "new");
      queue.removeFirst();
    }
  }

  @Test
  void take_whenTheRingIsFullAndItsHeadIsInTheMiddle_keepsEveryReply() throws Exception {
    for (int shift = -40; shift < 40; shift++) {
      ReplyQueue queue = new ReplyQueue(1000);
      startAt(queue, shift < 0 ? Integer.MAX_VALUE + shift : shift);
      List<Integer> tickets = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int ticket = queue.take();
        tickets.add(ticket);
        if (i % 3 != 0) {
          queue.fill(ticket, i);
        }
      }
      for (int i = 0; i < 100; i++) {
        assertEquals(i % 3 == 0 ? null : i, queue.first());
        queue.fill(tickets.get(i), i);
        assertEquals(i, queue.first());
        queue.removeFirst();
      }
      assertTrue(queue.isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MAX_VALUE - 3, Integer.MAX_VALUE - 200, Integer.MAX_VALUE})
  void everyOperation_whenTicketsWrapAround_behavesLikeAList(int first) throws Exception {
    ReplyQueue queue = new ReplyQueue(64);
    startAt(queue, first);
    Random random = new Random(first);
    Deque<Object[]> naive = new ArrayDeque<>();
    int next = first;
    for (int step = 0; step < 20_000; step++) {
      assertEquals(naive.size() == 64, queue.isFull());
      assertEquals(naive.isEmpty(), queue.isEmpty());
      assertEquals(naive.size(), queue.size());
      assertEquals(next, queue.tail());
      assertEquals(next - naive.size(), queue.head());
      int die = random.nextInt(3);
      if (die == 0 && !queue.isFull()) {
        assertEquals(next, queue.take());
        naive.add(new Object[] {next++, null});
      } else if (die == 1 && !naive.isEmpty()) {
        Object[] any = naive.stream().skip(random.nextInt(naive.size())).findFirst().get();
        any[1] = random.nextInt(10) == 0 ? null : "reply " + step;
        queue.fill((int) any[0], any[1]);
      } else if (!naive.isEmpty()) {
        assertEquals(naive.peek()[1], queue.first());
        if (naive.peek()[1] != null) {
          naive.remove();
          queue.removeFirst();
        }
      }
    }
  }

  /** Sets the next ticket, as if this many requests had passed through the queue. */
  private static void startAt(ReplyQueue queue, int ticket) throws ReflectiveOperationException {
    for (String name : new String[] {"head", "tail"}) {
      Field field = ReplyQueue.class.getDeclaredField(name);
      field.setAccessible(true);
      field.setInt(queue, ticket);
    }
  }
}
