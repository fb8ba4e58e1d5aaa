package redisproxy.it;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A fake trace collector: accepts OTLP over HTTP, and parses the fields that tests need. */
final class Collector implements AutoCloseable {
  /** A received span. */
  record Span(
      String trace, String id, String parent, String name, Map<String, String> attributes) {}

  private final HttpServer server;

  /** The received spans. */
  final List<Span> spans = new CopyOnWriteArrayList<>();

  /** All received bytes, as text. */
  final StringBuffer raw = new StringBuffer();

  Collector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/traces",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          raw.append(new String(body, StandardCharsets.ISO_8859_1));
          // ExportTraceServiceRequest → ResourceSpans → ScopeSpans → Span
          parts(body, 1).stream()
              .flatMap(resource -> parts(resource, 2).stream())
              .flatMap(scope -> parts(scope, 2).stream())
              .forEach(span -> spans.add(span(span)));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
  }

  private static Span span(byte[] span) {
    Map<String, String> attributes = new HashMap<>();
    for (byte[] attribute : parts(span, 9)) {
      byte[] value = parts(attribute, 2).get(0);
      List<byte[]> text = parts(value, 1);
      attributes.put(
          text(parts(attribute, 1)), text.isEmpty() ? "" + number(value, 3) : text(text));
    }
    return new Span(
        hex(parts(span, 1)),
        hex(parts(span, 2)),
        hex(parts(span, 4)),
        text(parts(span, 5)),
        attributes);
  }

  private static String hex(List<byte[]> found) {
    return found.isEmpty() ? "" : HexFormat.of().formatHex(found.get(0));
  }

  private static String text(List<byte[]> found) {
    return found.isEmpty() ? "" : new String(found.get(0), StandardCharsets.UTF_8);
  }

  /** The fields of a protobuf message that have this number and a length. */
  private static List<byte[]> parts(byte[] message, int number) {
    List<byte[]> found = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      byte[] field = field(in, tag & 7);
      if (tag >> 3 == number && (tag & 7) == 2) {
        found.add(field);
      }
    }
    return found;
  }

  /** The value of a field that is a number. */
  private static long number(byte[] message, int number) {
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      if (tag == number << 3) {
        return varint(in);
      }
      field(in, tag & 7);
    }
    return 0;
  }

  private static byte[] field(ByteBuffer in, int type) {
    int length = type == 1 ? 8 : type == 5 ? 4 : 0;
    if (type == 0) {
      varint(in);
    } else if (type == 2) {
      length = (int) varint(in);
    }
    byte[] field = new byte[length];
    in.get(field);
    return field;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
