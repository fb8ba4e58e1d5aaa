package redisproxy.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;
import redisproxy.config.Tracing;

/**
 * Begins spans; threads of its own send those that have ended. What cannot be sent is dropped, and
 * said in the log. Keys and values are in none of them. For use by any thread.
 */
public final class Spans {
  /** How long those that have ended wait to be sent together. */
  private static final Duration DELAY = Duration.ofSeconds(1);

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** How long the last of them may take, in milliseconds. */
  private static final long FAREWELL_MS = 2_000;

  private static final TextMapGetter<UnaryOperator<String>> HEADERS =
      new TextMapGetter<>() {
        @SuppressWarnings("deprecation") // abstract all the same
        @Override
        public Iterable<String> keys(UnaryOperator<String> headers) {
          return List.of();
        }

        @Override
        public @Nullable String get(@Nullable UnaryOperator<String> headers, String name) {
          return headers == null ? null : headers.apply(name);
        }
      };

  private final SdkTracerProvider provider;
  private final Tracer tracer;
  private final Attributes redis;

  private Spans(Tracing settings, Settings.Endpoint endpoint, String version) {
    OtelLog.bridge();
    Attributes service =
        Attributes.builder()
            .put("service.name", "redis-proxy")
            .put("service.version", version)
            .build();
    provider =
        SdkTracerProvider.builder()
            .setResource(Resource.getDefault().merge(Resource.create(service)))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.samplingRatio())))
            .addSpanProcessor(
                BatchSpanProcessor.builder(
                        OtlpHttpSpanExporter.builder()
                            .setEndpoint(settings.endpoint())
                            .setTimeout(TIMEOUT)
                            .build())
                    .setScheduleDelay(DELAY)
                    .build())
            .build();
    tracer = provider.get("redis-proxy", version);
    redis =
        Attributes.builder()
            .put("db.system.name", "redis")
            .put("server.address", endpoint.host())
            .put("server.port", endpoint.port())
            .build();
  }

  /**
   * Those of a proxy, or null where none are sent.
   *
   * @param endpoint where Redis is
   */
  public static @Nullable Spans of(Tracing settings, Settings.Endpoint endpoint, String version) {
    return settings.isOn() ? new Spans(settings, endpoint, version) : null;
  }

  /**
   * A request over HTTP has come.
   *
   * @param headers the value of each, or null; {@code traceparent} says what it is part of
   */
  public RequestSpan request(String method, String scheme, UnaryOperator<String> headers) {
    Context from =
        W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, HEADERS);
    return new RequestSpan(
        tracer
            .spanBuilder(method)
            .setParent(from)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("http.request.method", method)
            .setAttribute("url.scheme", scheme)
            .startSpan());
  }

  /**
   * A load of a key in a database begins.
   *
   * @param request the one that waits for it, or null
   */
  public LoadSpan load(@Nullable RequestSpan request, int db) {
    SpanBuilder builder = tracer.spanBuilder("load").setSpanKind(SpanKind.CLIENT);
    if (request == null) {
      builder.setNoParent();
    } else {
      builder.setParent(request.context());
    }
    return new LoadSpan(
        builder.setAllAttributes(redis).setAttribute("db.namespace", "" + db).startSpan());
  }

  /** Sends what has ended, and no more from then on; ends when that is done, or takes too long. */
  public CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    provider.shutdown().whenComplete(() -> closed.complete(null));
    return closed.completeOnTimeout(null, FAREWELL_MS, TimeUnit.MILLISECONDS);
  }
}
