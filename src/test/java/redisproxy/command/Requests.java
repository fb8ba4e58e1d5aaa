package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import redisproxy.resp.ProtocolError;

/**
 * What a {@link RequestParser} read from an input: the requests, and the error if there was one.
 * Strings have one ISO 8859-1 character for each byte.
 */
public record Requests(List<List<String>> requests, String error) {

  /** Feeds the pieces one after another into one buffer. */
  static Requests parse(RequestParser parser, List<byte[]> pieces) {
    List<List<String>> requests = new ArrayList<>();
    ByteBuf in = Unpooled.buffer();
    for (byte[] piece : pieces) {
      in.writeBytes(piece);
      String error = read(parser, in, requests);
      if (error != null) {
        return new Requests(requests, error);
      }
      in.discardReadBytes();
    }
    return new Requests(requests, null);
  }

  /**
   * Feeds the pieces, but moves the unread input to a new buffer before each piece, and before it
   * looks at a request. That buffer ends where the input ends, so reading beyond the input throws.
   */
  static Requests parseMoved(RequestParser parser, List<byte[]> pieces) {
    List<List<String>> requests = new ArrayList<>();
    byte[] unread = {};
    for (byte[] piece : pieces) {
      int before = unread.length % 7;
      byte[] bytes = new byte[before + unread.length + piece.length];
      Arrays.fill(bytes, 0, before, (byte) '\n');
      System.arraycopy(unread, 0, bytes, before, unread.length);
      System.arraycopy(piece, 0, bytes, before + unread.length, piece.length);
      ByteBuf in = Unpooled.wrappedBuffer(bytes).skipBytes(before);
      String error = readMoved(parser, in, requests);
      if (error != null) {
        return new Requests(requests, error);
      }
      unread = new byte[in.readableBytes()];
      in.readBytes(unread);
    }
    return new Requests(requests, null);
  }

  /** Reads all complete requests and adds them to the list. Returns the error, or null. */
  public static String read(RequestParser parser, ByteBuf in, List<List<String>> requests) {
    try {
      for (int before = in.readableBytes(); parser.parse(in); before = in.readableBytes()) {
        if (in.readableBytes() >= before) {
          throw new AssertionError("the parser read a request of no bytes");
        }
        requests.add(arguments(parser.request()));
      }
      return null;
    } catch (ProtocolError e) {
      return e.getMessage();
    }
  }

  private static String readMoved(RequestParser parser, ByteBuf in, List<List<String>> requests) {
    try {
      while (parser.next(in)) {
        byte[] rest = new byte[in.readableBytes()];
        in.getBytes(in.readerIndex(), rest);
        ByteBuf moved = Unpooled.wrappedBuffer(new byte[3], rest).skipBytes(3);
        if (!parser.next(moved)) {
          throw new AssertionError("a request was lost before it was taken");
        }
        requests.add(arguments(parser.request()));
        parser.take(in);
      }
      return null;
    } catch (ProtocolError e) {
      return e.getMessage();
    }
  }

  private static List<String> arguments(Request request) {
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < request.count(); i++) {
      arguments.add(new String(request.copy(i), StandardCharsets.ISO_8859_1));
    }
    return arguments;
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Splits the bytes before each of these positions. */
  public static List<byte[]> cut(byte[] bytes, int... places) {
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    for (int place : places) {
      pieces.add(Arrays.copyOfRange(bytes, from, place));
      from = place;
    }
    pieces.add(Arrays.copyOfRange(bytes, from, bytes.length));
    return pieces;
  }

  public static List<byte[]> cutEverywhere(byte[] bytes) {
    List<byte[]> pieces = new ArrayList<>();
    for (byte b : bytes) {
      pieces.add(new byte[] {b});
    }
    return pieces;
  }
}
