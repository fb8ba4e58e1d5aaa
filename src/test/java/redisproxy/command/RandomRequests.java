package redisproxy.command;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes random requests in every form, and records their arguments. */
final class RandomRequests {
  private final Random random;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<List<String>> requests = new ArrayList<>();

  RandomRequests(Random random) {
    this.random = random;
  }

  /** Adds a request, sometimes after an empty line or an empty array. */
  void add() {
    if (random.nextInt(8) == 0) {
      write(random.nextBoolean() ? "\r\n" : "*0\r\n");
    }
    switch (random.nextInt(4)) {
      case 0 -> inline();
      case 1 -> get();
      default -> array();
    }
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /** The arguments of each request, in order. */
  List<List<String>> requests() {
    return requests;
  }

  private void write(String text) {
    out.writeBytes(Requests.bytes(text));
  }

  private void inline() {
    List<String> arguments = new ArrayList<>();
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      String word = "w" + random.nextInt(1000) + (random.nextBoolean() ? " *$" : "");
      arguments.add(word);
      write(word.indexOf(' ') < 0 ? word + " " : "\"" + word + "\" ");
    }
    write(random.nextBoolean() ? "\r\n" : "\n");
    requests.add(arguments);
  }

  private void get() {
    byte[] key = new byte[1 + random.nextInt(random.nextInt(4) == 0 ? 120 : 12)];
    random.nextBytes(key);
    write("*2\r\n$3\r\n");
    List<String> arguments = new ArrayList<>(List.of(random.nextInt(4) == 0 ? "get" : "GET"));
    write(arguments.get(0) + "\r\n");
    bulk(key, arguments);
    requests.add(arguments);
  }

  private void array() {
    List<String> arguments = new ArrayList<>();
    int count = random.nextInt(20) == 0 ? 17 + random.nextInt(30) : 1 + random.nextInt(3);
    write("*" + count + "\r\n");
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[random.nextInt(random.nextInt(20) == 0 ? 300 : 12)];
      random.nextBytes(bytes);
      bulk(bytes, arguments);
    }
    requests.add(arguments);
  }

  private void bulk(byte[] bytes, List<String> arguments) {
    write("$" + bytes.length + "\r\n");
    out.writeBytes(bytes);
    write("\r\n");
    arguments.add(new String(bytes, StandardCharsets.ISO_8859_1));
  }
}
