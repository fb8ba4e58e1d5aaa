package redisproxy.admission;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;
import redisproxy.log.LogLimit;

/**
 * Logs clients that use the RESP port in a way that cannot work. The clients themselves see no
 * error. Belongs to one event loop.
 */
public final class ClientFaults {
  private static final Logger LOG = LoggerFactory.getLogger(ClientFaults.class);

  private static final String READ = "read replies while sending, or raise resp.max-pending-bytes";

  private final int maxPendingBytes;
  private final LogLimit stalledLog = new LogLimit(10, TimeUnit.SECONDS.toNanos(1));
  private final LogLimit httpLog = new LogLimit(1, TimeUnit.MINUTES.toNanos(1));
  private long stalled;

  /** Creates the report; the setting is only shown in the log. */
  public ClientFaults(int maxPendingBytes) {
    this.maxPendingBytes = maxPendingBytes;
  }

  /** How many clients have {@linkplain #stalled stalled}. */
  public long stalledClients() {
    return stalled;
  }

  /**
   * A client sends requests without reading their replies, and {@code resp.max-pending-bytes} of
   * replies wait for it. The proxy then stops reading from the client, so both sides wait for each
   * other. Call it once for each client.
   */
  public void stalled(String client) {
    stalled++;
    if (stalledLog.allows()) {
      stalledLog
          .counted(
              LOG.atWarn()
                  .addKeyValue(LogKey.CLIENT, client)
                  .addKeyValue(LogKey.SETTING, "resp.max-pending-bytes=" + maxPendingBytes)
                  .addKeyValue(LogKey.REMEDY, READ))
          .log("a client sends requests without reading their replies; reading from it is paused");
    }
  }

  /** A client sent HTTP to the RESP port. The proxy disconnects it, as Redis does. */
  public void spokeHttp(String client) {
    if (httpLog.allows()) {
      httpLog
          .counted(
              LOG.atInfo()
                  .addKeyValue(LogKey.CLIENT, client)
                  .addKeyValue(LogKey.REMEDY, "send HTTP to http.port"))
          .log("a client sent HTTP to the RESP port and was disconnected");
    }
  }
}
