package redisproxy.attack;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.List;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Measures from outside, five times a second, which resources the proxy holds. */
final class Sampler implements AutoCloseable {
  private static final long EVERY_MS = 200;

  private final Target target;
  private final JMXConnector connector;
  private final MemoryMXBean memory;
  private final BufferPoolMXBean direct;
  private final Thread thread = new Thread(this::run, "sampler");
  private volatile boolean over;
  private Held peak = new Held(0, 0, 0, 0);

  /**
   * The resources that the proxy holds, in bytes and files.
   *
   * @param heap the used heap, including garbage
   * @param direct buffers outside the heap
   * @param resident the resident memory of the process
   */
  record Held(long heap, long direct, long resident, int files) {
    Held max(Held other) {
      return new Held(
          Math.max(heap, other.heap),
          Math.max(direct, other.direct),
          Math.max(resident, other.resident),
          Math.max(files, other.files));
    }
  }

  @SuppressWarnings("BanJNDI") // the process was started by this one, and listens on loopback
  Sampler(Target target) throws IOException {
    this.target = target;
    String address = "127.0.0.1:" + target.jmxPort();
    connector =
        JMXConnectorFactory.connect(
            new JMXServiceURL("service:jmx:rmi:///jndi/rmi://" + address + "/jmxrmi"));
    var server = connector.getMBeanServerConnection();
    memory = ManagementFactory.getPlatformMXBean(server, MemoryMXBean.class);
    List<BufferPoolMXBean> pools =
        ManagementFactory.getPlatformMXBeans(server, BufferPoolMXBean.class);
    direct = pools.stream().filter(pool -> pool.getName().equals("direct")).findAny().orElseThrow();
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    while (!over) {
      try {
        note(now());
        Thread.sleep(EVERY_MS);
      } catch (Exception gone) {
        return;
      }
    }
  }

  private Held now() throws IOException {
    return new Held(
        memory.getHeapMemoryUsage().getUsed(),
        direct.getMemoryUsed(),
        target.residentBytes(),
        target.openFiles());
  }

  private synchronized void note(Held held) {
    peak = peak.max(held);
  }

  /** Returns the peak since the last call. */
  synchronized Held takePeak() {
    Held most = peak;
    peak = new Held(0, 0, 0, 0);
    return most;
  }

  /** Collects garbage, and returns what is held then. */
  Held settled() throws IOException {
    memory.gc();
    return now();
  }

  @Override
  public void close() {
    over = true;
    try {
      connector.close();
    } catch (IOException gone) {
      // The proxy has ended.
    }
  }
}
