package redisproxy.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import redisproxy.config.TransportKind;

class SocketsTest {
  /** A socket could miss its end with multishot polls. */
  @Test
  void ioUring_withMultishotOperations_isNotChosen() throws IOException {
    String here = Sockets.choose(TransportKind.AUTO, 1).choice().kind().toString();
    assertEquals(here, run("choice first"));
    String late = run("Netty first");
    assertFalse(late.startsWith("io_uring"), late);
  }

  private static String run(String order) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                order)
            .redirectError(Redirect.INHERIT)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  static final class Program {
    public static void main(String[] arguments) {
      if (arguments[0].equals("Netty first")) {
        IoUring.isPollAddMultishotEnabled();
      }
      System.out.println(Sockets.choose(TransportKind.AUTO, 1).choice().kind());
      System.exit(0);
    }
  }
}
