package redisproxy;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.config.Tls;
import redisproxy.limits.Room;
import redisproxy.log.LogKey;
import redisproxy.metrics.Gate;

/** How many clients may be connected: as many as are set, if there is room for them. */
final class Clients {
  private static final Logger LOG = LoggerFactory.getLogger(Clients.class);

  private final Room room;
  private final Gate resp = new Gate(0);
  private final Gate http = new Gate(0);

  /** Those that may be connected to a proxy with these settings. */
  Clients(Room room, Settings settings) {
    this.room = room;
    limit(settings);
  }

  /** Those over RESP. */
  Gate resp() {
    return resp;
  }

  /** Those over HTTP. */
  Gate http() {
    return http;
  }

  /** From now on it is as these settings say; who is connected stays. */
  void limit(Settings settings) {
    Tls tls = settings.tls();
    limit(resp, LogKey.RESP, settings.resp().maxClients(), tls.resp().isOn());
    limit(http, LogKey.HTTP, settings.http().maxClients(), tls.http().isOn());
  }

  private void limit(Gate gate, String server, int wanted, boolean tls) {
    int clients = room.clients(wanted, tls);
    gate.limit(clients);
    if (clients < wanted) {
      LOG.atInfo()
          .addKeyValue(LogKey.SERVER, server)
          .addKeyValue(LogKey.CLIENTS, clients)
          .addKeyValue(LogKey.OF, wanted)
          .addKeyValue(LogKey.REMEDY, "more heap (-Xmx) or open files, or a lower max-clients")
          .log("fewer clients than set are let in: there is no room for more");
    }
  }
}
