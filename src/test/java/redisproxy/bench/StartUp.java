package redisproxy.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** Measures how long a server takes from exec to its first answers. */
final class StartUp {
  private static final long POLL_NANOS = 1_000_000;
  private static final int TIMEOUT_SECONDS = 30;

  private StartUp() {}

  /**
   * Starts a command, waits for its answers, and stops it.
   *
   * @return the ms until a GET over RESP returns a value, and until /health/live returns 200
   * @throws TimeoutException if the answers do not come
   */
  static double[] measure(int respPort, int adminPort, List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    long started = System.nanoTime();
    Process process = builder.start();
    try {
      CompletableFuture<Double> resp =
          firstAnswer(respPort, "GET key:000000000000\r\n", "$", started);
      CompletableFuture<Double> live =
          firstAnswer(
              adminPort,
              "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
              "HTTP/1.1 200",
              started);
      return new double[] {
        resp.get(TIMEOUT_SECONDS, TimeUnit.SECONDS), live.get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
      };
    } finally {
      process.destroy();
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    }
  }

  private static CompletableFuture<Double> firstAnswer(
      int port, String request, String answer, long started) {
    return CompletableFuture.supplyAsync(
        () -> {
          long deadline = started + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
          while (System.nanoTime() < deadline) {
            if (isAnswered(port, request, answer)) {
              return (System.nanoTime() - started) / 1e6;
            }
            LockSupport.parkNanos(POLL_NANOS);
          }
          throw new IllegalStateException("no " + answer + " from port " + port);
        },
        task -> new Thread(task, "poll").start());
  }

  private static boolean isAnswered(int port, String request, String answer) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] head = in.readNBytes(answer.length());
      // "$-1" would mean that the key is missing.
      return new String(head, StandardCharsets.US_ASCII).equals(answer) && in.read() != '-';
    } catch (IOException e) {
      return false;
    }
  }
}
