package redisproxy.admission;

import org.jspecify.annotations.Nullable;
import redisproxy.config.Limits;

/** The current rate limit of a protocol. Any thread may set or read it. */
public final class LiveRate {
  /** Null while there is no limit, so that one read suffices to skip the check. */
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
