package redisproxy.admission;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;

/** How many clients may be connected: the number in the settings, or less if there is no room. */
public final class Clients {
  private static final Logger LOG = LoggerFactory.getLogger(Clients.class);

  private final Room room;
  private final Gate resp = new Gate(0);
  private final Gate http = new Gate(0);

  /** The limits for a proxy with these settings. */
  public Clients(Room room, Settings settings) {
    this.room = room;
    limit(settings);
  }

  /** Clients over RESP. */
  public Gate resp() {
    return resp;
  }

  /** Clients over HTTP. */
  public Gate http() {
    return http;
  }

  /** Applies these settings from now on; connected clients stay. */
  public void limit(Settings settings) {
    Settings.Resp overResp = settings.resp();
    resp.limit(room.clientsOverResp(overResp.maxClients(), settings.tls().resp().isOn()));
    if (!overResp.hasDefaultMaxClients()) {
      warnIfLowered(LogKey.RESP, resp.limit(), overResp.maxClients());
    }
    Settings.Http overHttp = settings.http();
    http.limit(room.clientsOverHttp(overHttp.maxClients(), settings.tls().http().isOn()));
    if (!overHttp.hasDefaultMaxClients()) {
      warnIfLowered(LogKey.HTTP, http.limit(), overHttp.maxClients());
    }
  }

  /** Not called for the default: nobody chose it, so nobody needs to know that it was lowered. */
  private static void warnIfLowered(String server, int clients, int wanted) {
    if (clients < wanted) {
      LOG.atWarn()
          .addKeyValue(LogKey.SERVER, server)
          .addKeyValue(LogKey.CLIENTS, clients)
          .addKeyValue(LogKey.OF, wanted)
          .addKeyValue(LogKey.REMEDY, "more heap (-Xmx) or open files, or a lower max-clients")
          .log("max-clients was lowered: there is no room for more clients");
    }
  }
}
