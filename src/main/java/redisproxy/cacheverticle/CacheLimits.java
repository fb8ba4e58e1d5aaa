package redisproxy.cacheverticle;

import java.nio.charset.StandardCharsets;
import java.util.List;
import redisproxy.cache.Prefixes;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;

/** What the settings say of what is kept, in the words of the cache. */
final class Keeping {
  private Keeping() {}

  static ReadThrough.Limits by(Settings settings) {
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
        new Prefixes(prefixes));
  }
}
