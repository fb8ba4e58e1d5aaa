package redisproxy.admission;

import org.jspecify.annotations.Nullable;
import redisproxy.config.Limits;

/** The rate that holds for a protocol now. Any thread may set it, and any read it. */
public final class LiveRate {
  /** Null while there is none, so that those who need not ask are done with one look. */
  private volatile Limits.@Nullable Rate rate;

  LiveRate(Limits.Rate rate) {
    set(rate);
  }

  void set(Limits.Rate changed) {
    rate = changed.isOff() ? null : changed;
  }

  Limits.@Nullable Rate get() {
    return rate;
  }
}
