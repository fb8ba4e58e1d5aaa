package redisproxy.tls;

import io.vertx.core.net.SSLOptions;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;

/**
 * The TLS options of one side, made from files that may be renewed at run time. {@link #reload}
 * reads the files again. The last valid options stay in use. Thread-safe.
 */
final class RenewableOptions<T extends SSLOptions> {
  private static final Logger LOG = LoggerFactory.getLogger(RenewableOptions.class);

  private final String server;
  private final String refusal;
  private final Supplier<PemFiles> reader;
  private final Function<PemFiles, T> maker;
  private volatile T current;

  /** The content of the files when they were last valid. */
  private PemFiles seen;

  /** Why the last reload refused the files, or null if it did not. */
  private @Nullable String refused;

  /**
   * Reads the files, which blocks.
   *
   * @param server the prefix of the settings, such as {@code resp}
   * @param refusal the log message if new files cannot be used
   * @param mistrust the log message if the certificate is not valid at the start. The proxy starts
   *     all the same, because some peers accept such a certificate.
   * @param reader reads the files
   * @param maker makes TLS options from the files
   * @throws IllegalArgumentException if a setting is wrong; the message names it and says why
   */
  RenewableOptions(
      String server,
      String refusal,
      String mistrust,
      Supplier<PemFiles> reader,
      Function<PemFiles, T> maker) {
    this.server = server;
    this.refusal = refusal;
    this.reader = reader;
    this.maker = maker;
    this.seen = reader.get();
    this.current = maker.apply(seen);
    try {
      seen.requireValid();
    } catch (IllegalArgumentException fault) {
      warn(mistrust, fault);
    }
  }

  /** The last valid options. Do not modify them. */
  T current() {
    return current;
  }

  /**
   * Reads the files again, which blocks. If they are not valid, this is logged once, and the
   * previous options stay in use.
   *
   * @return whether there are new options
   */
  synchronized boolean reload() {
    try {
      PemFiles found = reader.get();
      boolean isNew = !found.equals(seen);
      if (isNew) {
        T made = maker.apply(found);
        found.requireValid();
        current = made;
        seen = found;
        LOG.atInfo().addKeyValue(LogKey.SERVER, server).log("certificates reloaded");
      }
      refused = null;
      return isNew;
    } catch (IllegalArgumentException fault) {
      // The next reload checks again, because a certificate that is not valid yet will become so.
      if (!Objects.equals(fault.getMessage(), refused)) {
        refused = fault.getMessage();
        warn(refusal, fault);
      }
      return false;
    }
  }

  private void warn(String what, IllegalArgumentException fault) {
    LOG.atWarn()
        .addKeyValue(LogKey.SERVER, server)
        .addKeyValue(LogKey.REASON, fault.getMessage())
        .log(what);
  }
}
