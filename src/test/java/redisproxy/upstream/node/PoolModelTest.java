package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.Pin;

/** Random sessions borrow from a {@link Pool}; after each step its invariants hold. */
class PoolModelTest {
  private static final int STEPS = 20_000;
  private static final int MAX_IDLE = 5;
  private static final Pin[] PINS = {Pin.NONE, Pin.TRANSACTION, Pin.BLOCKING, Pin.STATE};

  /** A session. It has a connection, or waits for one, or neither. */
  private final class Session implements Pool.Borrower<Integer> {
    Integer connection;
    Pin pin = Pin.NONE;
    boolean waits;
    boolean urgent;

    /** It prefers some connections to others. */
    final int db = sessions++ % 3;

    @Override
    public boolean suits(Integer idle) {
      return idle % 3 == db;
    }

    @Override
    public void granted(Integer idle) {
      assertTrue(connection == null, "it has one already");
      if (waits) {
        assertEquals(this, queue.remove(0), "another session has waited for longer");
        waits = false;
      }
      connection = idle == null ? opened++ : idle;
      assertTrue(inUse.add(connection), "two sessions have the same connection");
      assertFalse(closed.contains(connection), "it is closed");
      if (idle != null) {
        assertTrue(idleConnections.remove(idle), "it was not idle");
      }
    }
  }

  private final List<Session> queue = new ArrayList<>();
  private final Set<Integer> inUse = new HashSet<>();
  private final Set<Integer> closed = new HashSet<>();
  private final List<Integer> idleConnections = new ArrayList<>();
  private int opened;
  private int sessions;
  private long now;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void randomSessions_keepTheInvariants(int max) {
    Pool<Integer> pool = new Pool<>(max, MAX_IDLE, () -> now);
    Random random = new Random(max);
    List<Session> all = new ArrayList<>();
    for (int i = 0; i < 3 * max + 3; i++) {
      all.add(new Session());
    }
    for (int i = 0; i < STEPS; i++) {
      step(pool, all.get(random.nextInt(all.size())), random);
      check(pool, all, max);
    }
    assertTrue(closed.size() > 100 && opened > 100, "little has happened");
  }

  private void step(Pool<Integer> pool, Session session, Random random) {
    if (session.connection != null) {
      stepWithConnection(pool, session, random);
      close(pool.takeExcess());
    } else if (session.waits) {
      if (random.nextInt(4) == 0) {
        session.waits = false;
        queue.remove(session);
        assertTrue(pool.leave(session));
        assertFalse(pool.leave(session));
      }
    } else {
      session.urgent = random.nextInt(20) == 0;
      if (session.urgent) {
        pool.borrowUrgently(session);
        assertTrue(session.connection != null);
      } else {
        pool.borrow(session);
        session.waits = session.connection == null;
        if (session.waits) {
          queue.add(session);
        }
      }
    }
    time(pool, random);
  }

  private void stepWithConnection(Pool<Integer> pool, Session session, Random random) {
    Pin before = session.pin;
    Integer connection = session.connection;
    switch (random.nextInt(4)) {
      case 0 -> {
        session.pin = PINS[random.nextInt(PINS.length)];
        pool.pin(before, session.pin);
      }
      case 1 -> {
        session.pin = Pin.NONE;
        session.connection = null;
        inUse.remove(connection);
        closed.add(connection);
        pool.closed(before);
      }
      default -> {
        pool.pin(before, Pin.NONE);
        session.pin = Pin.NONE;
        session.connection = null;
        inUse.remove(connection);
        // The pool may grant it to another session within the call.
        idleConnections.add(connection);
        if (!pool.giveBack(connection)) {
          idleConnections.remove(connection);
          closed.add(connection);
        }
      }
    }
  }

  private void time(Pool<Integer> pool, Random random) {
    now += random.nextInt(2);
    if (random.nextInt(10) == 0) {
      close(pool.takeOld());
    }
    if (random.nextInt(50) == 0 && !idleConnections.isEmpty()) {
      Integer lost = idleConnections.get(0);
      close(List.of(lost));
      pool.idleClosed(lost);
    }
    if (random.nextInt(500) == 0) {
      close(pool.takeIdle());
    }
  }

  private void close(List<Integer> connections) {
    idleConnections.removeAll(connections);
    closed.addAll(connections);
  }

  private void check(Pool<Integer> pool, List<Session> sessions, int max) {
    int lent = 0;
    for (Pin pin : PINS) {
      int have = (int) sessions.stream().filter(s -> s.connection != null && s.pin == pin).count();
      if (pin == Pin.NONE) {
        lent = have;
        assertEquals(have, pool.lent());
      } else {
        assertEquals(have, pool.pinned(pin));
      }
    }
    assertEquals(idleConnections.size(), pool.idle());
    assertEquals(queue.size(), pool.waiting());
    assertTrue(idleConnections.isEmpty() || lent + idleConnections.size() <= max, "too many idle");
    assertTrue(queue.isEmpty() || idleConnections.isEmpty() && lent >= max, "one waits in vain");
  }
}
