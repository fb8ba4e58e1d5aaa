package redisproxy.attack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One attack under way: the sockets it holds and the time it has left. For one thread. */
final class Siege implements AutoCloseable {
  /** So little is taken in unread, in bytes, that all else stays with the proxy. */
  private static final int SMALL_WINDOW = 4 * 1024;

  /** Each waits a little for what a socket may yet bring. */
  private static final int LOOKERS = 64;

  final Target target;
  final Random random;
  private final long endsAt;
  private final Runnable over;
  private final List<Wire> wires = new ArrayList<>();
  private int refused;

  /**
   * One that begins now.
   *
   * @param over is told when it is, before what came of it is looked for
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

  /** A socket that is held until the end. */
  Wire hold(Port port) throws IOException {
    Wire wire = target.open(port);
    wires.add(wire);
    return wire;
  }

  /** One without TLS, whatever the port speaks. */
  Wire holdPlain(Port port) throws IOException {
    Wire wire = target.openPlain(port);
    wires.add(wire);
    return wire;
  }

  /** One that will take in next to nothing. */
  Wire holdUnread(Port port) throws IOException {
    Wire wire = target.open(port, SMALL_WINDOW);
    wires.add(wire);
    return wire;
  }

  /** As many sockets as are to be had. */
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

  /** Sends, whether or not anybody is there to take it; false when nobody is. */
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

  /** Holds what is held until the time is over. */
  void sitOut() {
    while (lasts()) {
      rest(50);
    }
  }

  /** What is said on one connection. */
  interface Saying {
    void say(Wire wire) throws IOException;
  }

  /** Says it on one connection after the other; returns how many the proxy has closed, in words. */
  String closedUpon(Port port, Saying saying) throws IOException {
    long closed = 0;
    while (lasts()) {
      try (Wire wire = target.open(port)) {
        saying.say(wire);
        closed += wire.isClosed() ? 1 : 0;
      }
    }
    return "closed " + closed;
  }

  /** Noise, within something or not. */
  interface Noise {
    void say(Wire wire, byte[] noise) throws IOException;
  }

  /** Says noise on one connection after the other; returns how many there were, in words. */
  String noise(Port port, Noise saying) throws IOException {
    byte[] noise = new byte[4096];
    long sent = 0;
    while (lasts()) {
      try (Wire wire = target.open(port)) {
        random.nextBytes(noise);
        sayUnlessCutOff(saying, wire, noise);
        sent++;
      }
    }
    return "took " + sent + " connections of noise";
  }

  private static void sayUnlessCutOff(Noise saying, Wire wire, byte[] noise) {
    try {
      saying.say(wire, noise);
    } catch (IOException cutOff) {
      // in the middle of it, as it may be
    }
  }

  /** How many of the held sockets the proxy has closed by now, in words; it is over then. */
  String tally() {
    over.run();
    ExecutorService lookers = Executors.newFixedThreadPool(LOOKERS);
    AtomicInteger closed = new AtomicInteger();
    wires.forEach(wire -> lookers.execute(() -> closed.addAndGet(wire.isClosed() ? 1 : 0)));
    lookers.shutdown();
    try {
      lookers.awaitTermination(1, TimeUnit.MINUTES);
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
