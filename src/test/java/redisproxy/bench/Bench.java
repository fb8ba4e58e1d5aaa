package redisproxy.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Locale;

/** The command line of the tools that bench/run uses. They listen on 127.0.0.1 only. */
public final class Bench {
  private static final String USAGE =
      """
      generate                            runs workloads from standard input, one per line (Workload)
      constant-resp PORT REQUEST VALUE    answers each REQUEST bytes with a value of VALUE bytes
      constant-http PORT VALUE            answers /keys/:key with a value of VALUE bytes
      relay PORT TARGET MICROS            relays to port TARGET, each byte delayed
      start-up RESP ADMIN COMMAND...      prints the ms from exec to the first GET and to /health/live
      """;

  private Bench() {}

  public static void main(String[] arguments) throws Exception {
    String what = arguments.length == 0 ? "" : arguments[0];
    switch (what) {
      case "generate" -> generate();
      case "constant-resp" -> {
        String value = "x".repeat(number(arguments, 3));
        new ConstantResp(
            number(arguments, 1),
            number(arguments, 2),
            "$" + value.length() + "\r\n" + value + "\r\n");
      }
      case "constant-http" ->
          ConstantHttp.listen(number(arguments, 1), "x".repeat(number(arguments, 2)));
      case "relay" ->
          new DelayingRelay(number(arguments, 1), number(arguments, 2), number(arguments, 3));
      case "start-up" -> {
        List<String> command = List.of(arguments).subList(3, arguments.length);
        double[] ms = StartUp.measure(number(arguments, 1), number(arguments, 2), command);
        System.out.printf(Locale.ROOT, "%.0f %.0f%n", ms[0], ms[1]);
      }
      default -> {
        System.err.print(USAGE);
        System.exit(2);
      }
    }
  }

  private static int number(String[] arguments, int at) {
    return Integer.parseInt(arguments[at]);
  }

  private static void generate() throws Exception {
    try (Generator generator = new Generator()) {
      generator.serve(new BufferedReader(new InputStreamReader(System.in)), System.out);
    }
  }
}
