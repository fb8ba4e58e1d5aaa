package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/**
 * Whole sessions of Node's client libraries, before Redis and before the proxy. They are in {@code
 * src/test/node}, where {@code make it-clients} installs the libraries; what differs stands in the
 * output.
 */
@Tag("node")
@ParameterizedClass
@EnumSource(Shape.class)
class NodeClientsIT {
  @Parameter Shape shape;

  @Test
  void sessions_seeTheSameFromTheProxyAsFromRedis() throws Exception {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        RunningProxy proxy = RunningProxy.start(shape, redis.url())) {
      Process node =
          new ProcessBuilder("node", "run.mjs", "" + redis.port(), "" + proxy.respPort())
              .directory(new File("src/test/node"))
              .redirectErrorStream(true)
              .start();
      try {
        // ends by itself: each session has a limit
        node.getInputStream().transferTo(System.out);
        node.waitFor();
      } finally {
        node.destroyForcibly();
      }
      assertEquals(0, node.exitValue(), "see the differences above");
      assertTrue(proxy.stat("hits") > 0, "the cache has answered none of it");
    }
  }
}
