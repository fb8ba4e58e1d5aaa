package redisproxy.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the proxy's meters, and those of the JVM and its process, in Prometheus's text format.
 * Measures nothing itself: at each scrape all meters read from one snapshot. Belongs to one event
 * loop.
 *
 * @param <R> the type of a snapshot
 */
public final class Exposition<R> implements AutoCloseable {
  /** What {@link #scrape} returns. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private @Nullable R reading;

  public Exposition(List<Meter<R>> meters) {
    registry.throwExceptionOnRegistrationFailure();
    meters.forEach(this::register);
    for (MeterBinder binder :
        List.of(
            new JvmMemoryMetrics(),
            collections,
            new JvmThreadMetrics(),
            new ProcessorMetrics(),
            new UptimeMetrics(),
            new FileDescriptorMetrics())) {
      binder.bindTo(registry);
    }
  }

  private void register(Meter<R> meter) {
    switch (meter.type()) {
      case COUNTER -> meter.series().forEach(series -> counter(meter, series));
      case GAUGE -> meter.series().forEach(series -> gauge(meter, series));
      // Micrometer's own histogram would need a call for each request.
      case HISTOGRAM ->
          registry.getPrometheusRegistry().register((Collector) () -> histogram(meter));
    }
  }

  private void counter(Meter<R> meter, Meter.Series<R> series) {
    FunctionCounter.builder(meter.name(), this, at -> at.number(series))
        .description(meter.help())
        .tags(tags(meter, series))
        .register(registry);
  }

  private void gauge(Meter<R> meter, Meter.Series<R> series) {
    Gauge.builder(meter.name(), this, at -> at.number(series))
        .description(meter.help())
        .tags(tags(meter, series))
        .register(registry);
  }

  private Tags tags(Meter<R> meter, Meter.Series<R> series) {
    return meter.label().isEmpty() ? Tags.empty() : Tags.of(meter.label(), series.value());
  }

  private double number(Meter.Series<R> series) {
    return ((Number) series.source().apply(reading)).doubleValue();
  }

  private HistogramSnapshot histogram(Meter<R> meter) {
    HistogramSnapshot.Builder snapshot =
        HistogramSnapshot.builder().name(meter.name()).help(meter.help());
    for (Meter.Series<R> series : meter.series()) {
      Histogram histogram = (Histogram) series.source().apply(reading);
      snapshot.dataPoint(
          HistogramDataPointSnapshot.builder()
              .labels(
                  meter.label().isEmpty() ? Labels.EMPTY : Labels.of(meter.label(), series.value()))
              .classicHistogramBuckets(
                  ClassicHistogramBuckets.of(Histogram.boundsInSeconds(), histogram.counts()))
              .sum(histogram.sumSeconds())
              .build());
    }
    return snapshot.build();
  }

  /** Returns all meters of a reading, in Prometheus's text format. */
  public String scrape(R now) {
    reading = now;
    return registry.scrape();
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
