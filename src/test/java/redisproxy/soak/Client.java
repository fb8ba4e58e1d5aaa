package redisproxy.soak;

import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.SocketFactory;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;
import redisproxy.probe.Protocol;
import redisproxy.probe.Subject;

/** One client with its own thread. It takes turns, and sometimes reconnects. */
final class Client implements Runnable {
  private static final int TIMEOUT_MS = 10_000;
  private static final int REST_MS = 200;

  private final Traffic traffic;
  private final double turnsPerSecond;
  private final Subject subject;
  private final SocketFactory https;
  private final AtomicLong requests;
  private final Faults faults;
  private Connection resp;
  private Connection http;
  private Connection redis;
  private volatile boolean over;

  /**
   * Creates a client that is not yet started.
   *
   * @param rate requests a second of all clients together
   * @param https creates sockets for HTTP
   * @param requests counts answered requests
   */
  Client(
      Traffic traffic,
      double rate,
      Subject subject,
      SocketFactory https,
      AtomicLong requests,
      Faults faults) {
    this.traffic = traffic;
    this.turnsPerSecond = rate * traffic.share / traffic.requests;
    this.subject = subject;
    this.https = https;
    this.requests = requests;
    this.faults = faults;
  }

  @Override
  public void run() {
    Pace pace = new Pace(turnsPerSecond);
    while (!over) {
      pace.await();
      try {
        traffic.turn(this);
        requests.addAndGet(traffic.requests);
        if (ThreadLocalRandom.current().nextInt(traffic.turns) == 0) {
          disconnect();
        }
      } catch (IOException | RuntimeException e) {
        faults.add(traffic + ": " + e);
        disconnect();
        Pace.rest(REST_MS);
      }
    }
    disconnect();
  }

  void end() {
    over = true;
  }

  Connection resp() throws IOException {
    if (resp == null) {
      resp = other();
    }
    return resp;
  }

  Connection http() throws IOException {
    if (http == null) {
      http = otherHttp();
    }
    return http;
  }

  Connection redis() throws IOException {
    if (redis == null) {
      redis = new Connection(subject.redis(), TIMEOUT_MS);
    }
    return redis;
  }

  /** Opens another RESP connection, which the caller must close. */
  Connection other() throws IOException {
    return new Connection(subject.proxy(Protocol.RESP), TIMEOUT_MS);
  }

  /** Opens another HTTP connection, which the caller must close. */
  Connection otherHttp() throws IOException {
    return new Connection(https, subject.proxy(Protocol.HTTP), TIMEOUT_MS);
  }

  private void disconnect() {
    for (Connection each : new Connection[] {resp, http, redis}) {
      if (each != null) {
        each.close();
      }
    }
    resp = null;
    http = null;
    redis = null;
  }
}
