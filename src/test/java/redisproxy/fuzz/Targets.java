package redisproxy.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import redisproxy.auth.CredentialsTarget;
import redisproxy.command.RequestTarget;
import redisproxy.config.RedisUrlTarget;
import redisproxy.config.SettingsTarget;
import redisproxy.http.KeysTarget;
import redisproxy.resp.FeedTarget;
import redisproxy.resp.ReplyTarget;
import redisproxy.snapshot.SnapshotTarget;

/** All targets. */
enum Targets {
  REQUESTS(RequestTarget::new, 4_000),
  REPLIES(ReplyTarget::new, 4_000),
  FEED(FeedTarget::new, 4_000),
  KEYS(KeysTarget::new, 4_000),
  CREDENTIALS(CredentialsTarget::new, 4_000),
  URL(RedisUrlTarget::new, 2_000),
  SETTINGS(SettingsTarget::new, 200),
  SNAPSHOT(SnapshotTarget::new, 4_000);

  private final Supplier<Target> maker;

  /** The number of inputs that take about half a second while no code is compiled yet. */
  final int fewInputs;

  Targets(Supplier<Target> maker, int fewInputs) {
    this.maker = maker;
    this.fewInputs = fewInputs;
  }

  Target make() {
    return maker.get();
  }

  /** Returns the recorded inputs, one on each line, in the format of {@link Spelling}. */
  List<byte[]> corpus() {
    String name = "/fuzz/" + name().toLowerCase(Locale.ROOT) + ".txt";
    try (InputStream in = Targets.class.getResourceAsStream(name);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      return lines
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .map(Spelling::bytes)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
