package dev.freshet.telemetry;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Every meter Freshet has, by name; a page of them in Prometheus' format. Thread-safe. */
public final class Meters implements AutoCloseable {

    private static final String OPEN_METRICS = "application/openmetrics-text";

    /** All meters at one moment, and the content type that they are written in. */
    public record Page(String contentType, String text) {}

    private static final Duration[] FRESHNESS_BUCKETS = {
        Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50), Duration.ofMillis(100),
        Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofMillis(2_500),
        Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(1),
        Duration.ofMinutes(5), Duration.ofMinutes(30)
    };

    private final CurrentTrace trace = new CurrentTrace();
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM, trace);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
    private final Counter embedded;
    private final Counter reused;
    private final Counter deduplicated;

    /** An empty set of meters, with those of the JVM. */
    public Meters() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
        embedded = Counter.builder("freshet.chunks.embedded")
                .description("Chunks sent to the embedding model")
                .register(registry);
        reused = Counter.builder("freshet.chunks.reused")
                .description("Chunks that were in the index already and were not embedded again")
                .register(registry);
        deduplicated = Counter.builder("freshet.chunks.deduplicated")
                .description("Chunks whose text was being embedded for another chunk at the time")
                .register(registry);
    }

    /** One text was embedded. */
    public void embedded(Duration took) {
        embedded.increment();
        stage("embed", took);
    }

    /** A request to an embedding service was answered, or failed. */
    public void embeddingRequest(boolean ok, Duration took) {
        Timer.builder("freshet.embedding.requests")
                .description("Requests to the embedding service")
                .tag("outcome", ok ? "ok" : "failed")
                .register(registry)
                .record(took);
    }

    /** A request to an embedding service repeats another. */
    public void embeddingRetried() {
        Counter.builder("freshet.embedding.retries")
                .description("Requests to the embedding service that repeat another")
                .register(registry)
                .increment();
    }

    /** A text, or a part of one, was longer than the embedding model sees. */
    public void tooLong(String policy) {
        Counter.builder("freshet.embedding.too.long")
                .description("Texts, and parts of texts, that were longer than the embedding model sees")
                .tag("policy", policy)
                .register(registry)
                .increment();
    }

    /** Chunks kept their vector. */
    public void reused(long chunks) {
        reused.increment((double) chunks);
    }

    /** A text was waiting to be embedded already. */
    public void deduplicated() {
        deduplicated.increment();
    }

    /** How many chunks were embedded since the start. */
    public long chunksEmbedded() {
        return (long) embedded.count();
    }

    /** How many chunks were reused since the start. */
    public long chunksReused() {
        return (long) reused.count();
    }

    /**
     * A live change of a mapping became searchable, this long after it was committed.
     *
     * @param traceId the trace of the change, which may become the exemplar of its bucket
     * @param spanId the span of it
     */
    public void searchable(String mapping, Duration sinceCommit, String traceId, String spanId) {
        trace.during(traceId, spanId, () -> searchable(mapping, sinceCommit));
    }

    private void searchable(String mapping, Duration sinceCommit) {
        Timer.builder("freshet.commit.to.searchable")
                .description("From the commit of a live change to the moment it can be found")
                .tag("mapping", mapping)
                .serviceLevelObjectives(FRESHNESS_BUCKETS)
                .register(registry)
                .record(sinceCommit.isNegative() ? Duration.ZERO : sinceCommit);
    }

    /** A stage of the loop (assemble, chunk, plan, embed, apply, flush) took this long. */
    public void stage(String stage, Duration took) {
        Timer.builder("freshet.stage")
                .description("Time of the stages of the loop")
                .tag("stage", stage)
                .register(registry)
                .record(took);
    }

    /** A batch of a lane (live, backfill) was processed. */
    public void batch(String lane, int documents) {
        DistributionSummary.builder("freshet.batch.documents")
                .description("Documents per batch")
                .tag("lane", lane)
                .register(registry)
                .record(documents);
    }

    /** Documents were written, removed, unchanged, rejected. */
    public void documents(String collection, String outcome, long count) {
        Counter.builder("freshet.documents")
                .description("Documents by what became of them")
                .tag("collection", collection)
                .tag("outcome", outcome)
                .register(registry)
                .increment((double) count);
    }

    /** Something failed in a stage. */
    public void error(String stage) {
        Counter.builder("freshet.errors")
                .description("Failures by stage")
                .tag("stage", stage)
                .register(registry)
                .increment();
    }

    /** Shows a number that is asked for when the page is made. */
    public void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    /** The same for one of several things that a tag tells apart. */
    public void gauge(String name, String description, String tag, String of, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).tag(tag, of).register(registry);
    }

    /** Shows a count that only grows, which is asked for when the page is made. */
    public void total(String name, String description, Supplier<Number> value) {
        FunctionCounter.builder(name, this, meters -> value.get().doubleValue())
                .description(description)
                .register(registry);
    }

    /** All meters in Prometheus' text format, which has no exemplars. */
    public String scrape() {
        return registry.scrape();
    }

    /** All meters in the format that this Accept header of HTTP asks for: OpenMetrics, with exemplars, or Prometheus' text. */
    public Page page(@Nullable String accept) {
        String type = accept != null && accept.contains(OPEN_METRICS)
                ? OPEN_METRICS + "; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
        return new Page(type, registry.scrape(type));
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }
}
