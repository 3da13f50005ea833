package dev.freshet.telemetry;

import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/**
 * Tells the registry which trace a value belongs to, so that it can note an exemplar with it: the registry asks, on the
 * thread that records.
 */
final class CurrentTrace implements SpanContext {

    private record Span(String traceId, String spanId) {}

    private static final ThreadLocal<@Nullable Span> CURRENT = new ThreadLocal<>();

    /** Whatever is recorded meanwhile on this thread belongs to the trace. */
    void during(String traceId, String spanId, Runnable recording) {
        CURRENT.set(new Span(traceId, spanId));
        try {
            recording.run();
        } finally {
            CURRENT.remove();
        }
    }

    @Override
    public @Nullable String getCurrentTraceId() {
        Span span = CURRENT.get();
        return span == null ? null : span.traceId();
    }

    @Override
    public @Nullable String getCurrentSpanId() {
        Span span = CURRENT.get();
        return span == null ? null : span.spanId();
    }

    /** An id leads to logs, dead letters and documents here, also where no span was recorded under it. */
    @Override
    public boolean isCurrentSpanSampled() {
        return CURRENT.get() != null;
    }

    @Override
    public void markCurrentSpanAsExemplar() {
        // The spans are not ours: there is nothing to mark.
    }
}
