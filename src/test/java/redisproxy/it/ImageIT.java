package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.dockerjava.api.DockerClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/** The image from the Dockerfile, with a Redis in another container. */
@Tag("docker")
class ImageIT {
  private static final int HTTP = 8000;
  private static final int RESP = 8001;

  private static final Network NETWORK = Network.newNetwork();

  private static final GenericContainer<?> REDIS =
      new GenericContainer<>(System.getProperty("redis.image", "redis:7.4"))
          .withNetwork(NETWORK)
          .withNetworkAliases("redis");

  /** Read-only, as in the compose file; only temporary files can be written. */
  private static final GenericContainer<?> PROXY =
      new GenericContainer<>(
              new ImageFromDockerfile()
                  .withDockerfile(Path.of("Dockerfile").toAbsolutePath())
                  .withBuildArg("SOURCE", "https://example.org/redis-proxy"))
          .withNetwork(NETWORK)
          .withEnv("REDIS_URL", "redis://redis:6379/0")
          .withTmpFs(Map.of("/tmp", "rw,exec,size=32m"))
          .withCreateContainerCmdModifier(
              command -> command.getHostConfig().withReadonlyRootfs(true))
          .withExposedPorts(HTTP, RESP)
          .waitingFor(Wait.forHealthcheck().withStartupTimeout(Duration.ofMinutes(2)));

  @BeforeAll
  static void start() {
    REDIS.start();
    PROXY.start();
  }

  @AfterAll
  static void stop() {
    PROXY.stop();
    REDIS.stop();
    NETWORK.close();
  }

  @Test
  void valueWrittenOverResp_isReadOverHttp() throws Exception {
    try (RespClient client = new RespClient(PROXY.getHost(), PROXY.getMappedPort(RESP))) {
      assertEquals("+OK\r\n", client.call("SET", "color", "blue"));
    }
    URI uri =
        URI.create("http://" + PROXY.getHost() + ":" + PROXY.getMappedPort(HTTP) + "/keys/color");
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    assertEquals("blue", answer.body());
  }

  @Test
  void image_runsWithoutRoot_andHasLabels() throws Exception {
    assertEquals("10001", PROXY.execInContainer("id", "-u").getStdout().strip());
    Map<String, String> labels = PROXY.getContainerInfo().getConfig().getLabels();
    assertEquals("redis-proxy", labels.get("org.opencontainers.image.title"));
    assertEquals("https://example.org/redis-proxy", labels.get("org.opencontainers.image.source"));
  }

  @Test
  void stop_endsTheProxyGracefully() {
    GenericContainer<?> other =
        new GenericContainer<>(PROXY.getDockerImageName())
            .withNetwork(NETWORK)
            .withEnv("REDIS_URL", "redis://redis:6379/0")
            .waitingFor(Wait.forHealthcheck());
    other.start();
    DockerClient docker = other.getDockerClient();
    try {
      docker.stopContainerCmd(other.getContainerId()).withTimeout(15).exec();
      assertEquals(0, other.getCurrentContainerInfo().getState().getExitCodeLong());
      assertTrue(other.getLogs().contains("redis-proxy has stopped"), other::getLogs);
    } finally {
      other.stop();
    }
  }
}
