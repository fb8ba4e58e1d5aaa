package redisproxy.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A file in the jar that is served unchanged.
 *
 * @param type its content type
 * @param etag changes when the file changes
 */
public record Asset(String type, String etag, Buffer body) {
  private static final String OWN = "/dashboard/";
  private static final String HTML = "text/html; charset=utf-8";
  private static final String CSS = "text/css; charset=utf-8";
  private static final String JS = "text/javascript; charset=utf-8";

  /** The files of the dashboard, by their path. Blocks. */
  public static Map<String, Asset> all() throws IOException {
    Map<String, Asset> all = new LinkedHashMap<>();
    all.put("/", read(OWN + "index.html", HTML));
    for (String name : new String[] {"main.js", "charts.js", "key.js", "uplot/uplot.js"}) {
      all.put(OWN + name, read(OWN + name, JS));
    }
    for (String name : new String[] {"style.css", "uplot/uplot.css"}) {
      all.put(OWN + name, read(OWN + name, CSS));
    }
    all.put(OWN + "icon.svg", read(OWN + "icon.svg", "image/svg+xml"));
    return all;
  }

  /** Reads the file with this name. Blocks. */
  public static Asset read(String name, String type) throws IOException {
    try (InputStream in = Asset.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      CRC32 sum = new CRC32();
      sum.update(bytes);
      return new Asset(type, "\"" + Long.toHexString(sum.getValue()) + "\"", Buffer.buffer(bytes));
    }
  }

  /** Sends the file. Browsers cache it, and ask each time whether it has changed. */
  public void send(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    response.putHeader("etag", etag).putHeader("cache-control", "no-cache");
    if (etag.equals(request.getHeader("if-none-match"))) {
      response.setStatusCode(304).end();
    } else {
      response.putHeader("content-type", type).end(body);
    }
  }
}
