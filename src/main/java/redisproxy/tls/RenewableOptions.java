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
 * How one end of TLS speaks, by files that are renewed while it does: {@link #look} reads them
 * again, and what was good last is kept. For use by any thread.
 */
final class RenewableOptions<T extends SSLOptions> {
  private static final Logger LOG = LoggerFactory.getLogger(RenewableOptions.class);

  private final String server;
  private final String refusal;
  private final Supplier<PemFiles> reader;
  private final Function<PemFiles, T> maker;
  private volatile T current;

  /** What the files held when they were good last. */
  private PemFiles seen;

  /** Why they were refused the last time, or null. */
  private @Nullable String refused;

  /**
   * Those of the files as they are now, which are read; that blocks.
   *
   * @param server whose they are, as settings begin: {@code resp}
   * @param refusal what is logged of new files that cannot be used
   * @param mistrust what is logged at the start of a certificate that is not valid: not to start
   *     would be worse, for some do not mind
   * @param reader reads the files
   * @param maker makes of them how TLS is spoken
   * @throws IllegalArgumentException that says which setting is wrong, and why
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

  /** Those that were good last; not to be changed. */
  T current() {
    return current;
  }

  /**
   * Reads the files again, which blocks. What is wrong with them is logged, once, and those from
   * before stay.
   *
   * @return whether there are new ones
   */
  synchronized boolean look() {
    try {
      PemFiles found = reader.get();
      boolean isNew = !found.equals(seen);
      if (isNew) {
        T made = maker.apply(found);
        found.requireValid();
        current = made;
        seen = found;
        LOG.atInfo().addKeyValue(LogKey.SERVER, server).log("certificates read again");
      }
      refused = null;
      return isNew;
    } catch (IllegalArgumentException fault) {
      // Judged again at the next look: what is not valid yet will be.
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
