package redisproxy.resp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import redisproxy.command.Requests;

/** Writes random replies, and records where they end. */
final class RandomReplies {
  private static final String AGGREGATES = "*~%>";

  /** An element of a reply. The text is empty unless it is a bulk string. */
  private record Element(char type, String text) {}

  private final Random random;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<ReplyFrame> frames = new ArrayList<>();
  private long lastInteger;

  RandomReplies(Random random) {
    this.random = random;
  }

  /** Adds a reply of any kind. */
  void add() {
    int start = out.size();
    Element reply = element(0, true);
    String kind = reply.type == '*' || reply.type == '>' ? reply.text : "";
    kind = kind.substring(0, Math.min(16, kind.length()));
    frames.add(new ReplyFrame(out.size() - start, reply.type, kind, lastInteger));
  }

  /** Adds a number. */
  void add(long number) {
    lastInteger = number;
    int start = out.size();
    line(":" + number);
    frames.add(new ReplyFrame(out.size() - start, ':', "", number));
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  List<ReplyFrame> frames() {
    return frames;
  }

  private void write(String text) {
    out.writeBytes(Requests.bytes(text));
  }

  private Element element(int depth, boolean mayHaveAttribute) {
    if (mayHaveAttribute && random.nextInt(10) == 0) {
      aggregate('|', depth);
    }
    if (depth < 6 && random.nextInt(depth < 2 ? 2 : 3) == 0) {
      return aggregate(AGGREGATES.charAt(random.nextInt(AGGREGATES.length())), depth);
    }
    switch (random.nextInt(11)) {
      case 0:
        return line("+" + text(random.nextInt(20)).replace('\n', ' ').replace('\r', ' '));
      case 1:
        return line("-ERR " + random.nextInt());
      case 2:
        return line(",-" + random.nextDouble());
      case 3:
        return line("(-12345678901234567890" + random.nextInt(1000));
      case 4:
        return line(random.nextBoolean() ? "#t" : "_");
      case 5:
        return line(random.nextBoolean() ? "$-1" : "*-1");
      case 6:
        return bulk(random.nextBoolean() ? '!' : '=', "txt:" + text(random.nextInt(20)));
      case 7:
        return streamedString();
      case 8, 9:
        return bulk('$', text(random.nextInt(random.nextInt(50) == 0 ? 3000 : 24)));
      default:
        lastInteger = random.nextLong() >> random.nextInt(64);
        return line(":" + lastInteger);
    }
  }

  private String text(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (random.nextInt(4) == 0 ? "\r\n$*;.".charAt(random.nextInt(6)) : 'a');
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private Element line(String line) {
    write(line + "\r\n");
    return new Element(line.charAt(0), "");
  }

  private Element bulk(char type, String text) {
    write(type + "" + text.length() + "\r\n" + text + "\r\n");
    return new Element(type, type == '$' ? text : "");
  }

  private Element streamedString() {
    StringBuilder all = new StringBuilder();
    write("$?\r\n");
    for (int left = random.nextInt(4); left > 0; left--) {
      String chunk = text(1 + random.nextInt(12));
      write(";" + chunk.length() + "\r\n" + chunk + "\r\n");
      all.append(chunk);
    }
    write(";0\r\n");
    return new Element('$', all.toString());
  }

  /** The returned text is that of the first element, if that is a bulk string. */
  private Element aggregate(char type, int depth) {
    boolean isStreamed = random.nextInt(4) == 0;
    int count = random.nextInt(random.nextInt(20) == 0 ? 30 : 4);
    write(type + (isStreamed ? "?" : "" + count) + "\r\n");
    Element first = new Element(' ', "");
    int elements = type == '%' || type == '|' ? 2 * count : count;
    for (int i = 0; i < elements; i++) {
      Element element = element(depth + 1, true);
      first = i == 0 ? element : first;
    }
    if (isStreamed) {
      write(".\r\n");
    }
    return new Element(type, first.type == '$' ? first.text : "");
  }
}
