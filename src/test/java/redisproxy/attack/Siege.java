package redisproxy.attack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A running attack: the sockets that it holds, and its remaining time. For one thread. */
final class Siege implements AutoCloseable {
  /** A receive buffer this small, in bytes, leaves nearly all unread data with the proxy. */
  private static final int SMALL_WINDOW = 4 * 1024;

  /** Threads that check sockets. Each waits a little for data or the end. */
  private static final int CHECKERS = 64;

  final Target target;
  final Random random;
  private final long endsAt;
  private final Runnable over;
  private final List<Wire> wires = new ArrayList<>();
  private int refused;

  /**
   * Starts an attack.
   *
   * @param over called when the attack is over, before its results are collected
   */
  Siege(Target target, Random random, int seconds, Runnable over) {
    this.target = target;
    this.over = over;
    this.random = random;
    this.endsAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  boolean lasts() {
    return System.nanoTime() < endsAt;
  }

  /** Opens a socket and holds it until the end. */
  Wire hold(Port port) throws IOException {
    Wire wire = target.open(port);
    wires.add(wire);
    return wire;
  }

  /** Opens and holds a socket without TLS, even on a TLS port. */
  Wire holdPlain(Port port) throws IOException {
    Wire wire = target.openPlain(port);
    wires.add(wire);
    return wire;
  }

  /** Opens and holds a socket with a tiny receive buffer. */
  Wire holdUnread(Port port) throws IOException {
    Wire wire = target.open(port, SMALL_WINDOW);
    wires.add(wire);
    return wire;
  }

  /** Opens and holds up to this many sockets. Counts those that are refused. */
  List<Wire> hold(Port port, int count) {
    for (int i = 0; i < count && lasts(); i++) {
      try {
        hold(port);
      } catch (IOException e) {
        refused++;
      }
    }
    return wires;
  }

  /** Sends a text. Returns false if the connection is closed. */
  boolean send(Wire wire, String text) {
    try {
      wire.send(text);
      return true;
    } catch (IOException closed) {
      return false;
    }
  }

  void rest(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until the time is over, and holds all sockets meanwhile. */
  void sitOut() {
    while (lasts()) {
      rest(50);
    }
  }

  /** Sends something on one connection. */
  interface Sending {
    void send(Wire wire) throws IOException;
  }

  /** Sends it on one connection after the other. Returns, in words, how many the proxy closed. */
  String closedUpon(Port port, Sending sending) throws IOException {
    long closed = 0;
    while (lasts()) {
      try (Wire wire = target.open(port)) {
        sending.send(wire);
        closed += wire.isClosed() ? 1 : 0;
      }
    }
    return "closed " + closed;
  }

  /** Sends random bytes, alone or inside a request. */
  interface Noise {
    void send(Wire wire, byte[] noise) throws IOException;
  }

  /**
   * Sends random bytes on one connection after the other. Returns, in words, how many connections
   * there were.
   */
  String noise(Port port, Noise sending) throws IOException {
    byte[] noise = new byte[4096];
    long sent = 0;
    while (lasts()) {
      try (Wire wire = target.open(port)) {
        random.nextBytes(noise);
        sendUnlessClosed(sending, wire, noise);
        sent++;
      }
    }
    return "took " + sent + " connections of noise";
  }

  private static void sendUnlessClosed(Noise sending, Wire wire, byte[] noise) {
    try {
      sending.send(wire, noise);
    } catch (IOException closed) {
      // The proxy may close the connection at any point.
    }
  }

  /** Ends the attack. Returns, in words, how many of the held sockets the proxy has closed. */
  String tally() {
    over.run();
    ExecutorService checkers = Executors.newFixedThreadPool(CHECKERS);
    AtomicInteger closed = new AtomicInteger();
    wires.forEach(wire -> checkers.execute(() -> closed.addAndGet(wire.isClosed() ? 1 : 0)));
    checkers.shutdown();
    try {
      checkers.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return "closed " + closed + " of " + wires.size() + (refused > 0 ? ", refused " + refused : "");
  }

  @Override
  public void close() {
    wires.forEach(Wire::close);
  }
}
