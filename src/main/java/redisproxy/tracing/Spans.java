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
 * Begins spans. Background threads send the spans that have ended. Spans that cannot be sent are
 * dropped, which is logged. No span contains a key or a value. Thread-safe.
 */
public final class Spans {
  /** How long ended spans wait to be sent in one batch. */
  private static final Duration DELAY = Duration.ofSeconds(1);

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** How long sending the last spans may take at shutdown, in milliseconds. */
  private static final long SHUTDOWN_MS = 2_000;

  private static final TextMapGetter<UnaryOperator<String>> HEADERS =
      new TextMapGetter<>() {
        @SuppressWarnings("deprecation") // deprecated, but still abstract
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
   * The spans of a proxy, or null if tracing is off.
   *
   * @param endpoint the address of Redis
   */
  public static @Nullable Spans of(Tracing settings, Settings.Endpoint endpoint, String version) {
    return settings.isOn() ? new Spans(settings, endpoint, version) : null;
  }

  /**
   * Begins the span of an HTTP request.
   *
   * @param headers returns the value of a header, or null; {@code traceparent} names the parent
   *     span
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
   * Begins the span of a load from a database.
   *
   * @param request the request that waits for the load, or null
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

  /** Sends the spans that have ended, then stops. Completes when that is done or takes too long. */
  public CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    provider.shutdown().whenComplete(() -> closed.complete(null));
    return closed.completeOnTimeout(null, SHUTDOWN_MS, TimeUnit.MILLISECONDS);
  }
}
