package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/**
 * Runs whole sessions of Node's client libraries against Redis and against the proxy. They are in
 * {@code src/test/node}, where {@code make it-clients} installs the libraries. The output shows the
 * differences.
 */
@Tag("node")
@InEachShape
class NodeClientsIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @Test
  void sessions_getTheSameRepliesFromTheProxyAsFromRedis() throws Exception {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    Process node =
        new ProcessBuilder("node", "run.mjs", "" + redis.port(), "" + proxy.respPort())
            .directory(new File("src/test/node"))
            .redirectErrorStream(true)
            .start();
    try {
      // The process ends by itself: each session has a time limit.
      node.getInputStream().transferTo(System.out);
      node.waitFor();
    } finally {
      node.destroyForcibly();
    }
    assertEquals(0, node.exitValue(), "see the differences above");
    assertTrue(proxy.stat("hits") > 0, "the cache answered nothing");
  }
}
