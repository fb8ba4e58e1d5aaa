package redisproxy.cacheverticle;

import java.nio.charset.StandardCharsets;
import java.util.List;
import redisproxy.cache.Prefixes;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;

/** Makes the cache's limits from the settings. */
final class CacheLimits {
  private CacheLimits() {}

  static ReadThrough.Limits from(Settings settings) {
    Settings.Cache cache = settings.cache();
    Settings.Coherence coherence = settings.coherence();
    List<byte[]> prefixes =
        coherence.prefixes().stream()
            .map(prefix -> prefix.getBytes(StandardCharsets.UTF_8))
            .toList();
    return new ReadThrough.Limits(
        cache.expiry().toMillis(),
        cache.missingExpiry().toMillis(),
        cache.refreshAhead().toMillis(),
        settings.redis().maxLoads(),
        coherence.whenUnverified() == Settings.Coherence.WhenUnverified.SERVE,
        cache.maxValueBytes(),
        new Prefixes(prefixes));
  }
}
