package redisproxy.admission;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;

/** How many clients may be connected: as many as are set, if there is room for them. */
public final class Clients {
  private static final Logger LOG = LoggerFactory.getLogger(Clients.class);

  private final Room room;
  private final Gate resp = new Gate(0);
  private final Gate http = new Gate(0);

  /** Those that may be connected to a proxy with these settings. */
  public Clients(Room room, Settings settings) {
    this.room = room;
    limit(settings);
  }

  /** Those over RESP. */
  public Gate resp() {
    return resp;
  }

  /** Those over HTTP. */
  public Gate http() {
    return http;
  }

  /** Applies these settings from now on; connected clients stay. */
  public void limit(Settings settings) {
    Settings.Resp overResp = settings.resp();
    resp.limit(room.clients(overResp.maxClients(), settings.tls().resp().isOn()));
    if (!overResp.hasDefaultMaxClients()) {
      warnOfFewer(LogKey.RESP, resp.limit(), overResp.maxClients());
    }
    Settings.Http overHttp = settings.http();
    http.limit(room.clients(overHttp.maxClients(), settings.tls().http().isOn()));
    if (!overHttp.hasDefaultMaxClients()) {
      warnOfFewer(LogKey.HTTP, http.limit(), overHttp.maxClients());
    }
  }

  /** Nobody asked for the default, so nobody needs to hear that it is lowered. */
  private static void warnOfFewer(String server, int clients, int wanted) {
    if (clients < wanted) {
      LOG.atWarn()
          .addKeyValue(LogKey.SERVER, server)
          .addKeyValue(LogKey.CLIENTS, clients)
          .addKeyValue(LogKey.OF, wanted)
          .addKeyValue(LogKey.REMEDY, "more heap (-Xmx) or open files, or a lower max-clients")
          .log("fewer clients than set are let in: there is no room for more");
    }
  }
}
