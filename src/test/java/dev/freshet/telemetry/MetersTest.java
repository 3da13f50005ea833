package dev.freshet.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MetersTest {

    private final Meters meters = new Meters();

    @AfterEach
    void close() {
        meters.close();
    }

    private void searchable(Duration sinceCommit) {
        meters.searchable("articles", sinceCommit, "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    }

    @Test
    void thePageHasEveryMeterByItsName() {
        meters.embedded(Duration.ofMillis(20));
        meters.reused(3);
        meters.deduplicated();
        searchable(Duration.ofMillis(40));
        meters.stage("apply", Duration.ofMillis(5));
        meters.batch("live", 7);
        meters.documents("help", "written", 2);
        meters.error("embed");
        meters.gauge("freshet.backlog.bytes", "Bytes that wait", () -> 42);

        assertThat(meters.scrape())
                .contains("freshet_chunks_embedded_total 1.0")
                .contains("freshet_chunks_reused_total 3.0")
                .contains("freshet_chunks_deduplicated_total 1.0")
                .contains("freshet_commit_to_searchable_seconds_bucket{mapping=\"articles\",le=\"0.025\"} 0")
                .contains("freshet_commit_to_searchable_seconds_bucket{mapping=\"articles\",le=\"0.05\"} 1")
                .contains("freshet_stage_seconds_count{stage=\"apply\"} 1")
                .contains("freshet_stage_seconds_count{stage=\"embed\"} 1")
                .contains("freshet_batch_documents_sum{lane=\"live\"} 7.0")
                .contains("freshet_documents_total{collection=\"help\",outcome=\"written\"} 2.0")
                .contains("freshet_errors_total{stage=\"embed\"} 1.0")
                .contains("freshet_backlog_bytes 42.0")
                .contains("jvm_memory_used_bytes")
                .contains("jvm_threads_live_threads");
    }

    @Test
    void aTimeNamesTheTraceOfItsChangeWhereTheFormatHasExemplars() {
        searchable(Duration.ofMillis(40));
        meters.stage("apply", Duration.ofMillis(5));

        // As Prometheus asks.
        Meters.Page page = meters.page(
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1");
        assertThat(page.contentType()).startsWith("application/openmetrics-text");
        assertThat(page.text().lines().filter(line -> line.contains("_bucket") && line.contains("trace_id")))
                .singleElement()
                .asString()
                .startsWith("freshet_commit_to_searchable_seconds_bucket{mapping=\"articles\",le=\"0.05\"} 1 # {")
                .contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"", "span_id=\"00f067aa0ba902b7\"", " 0.04 ");
        assertThat(page.text()).endsWith("# EOF\n");
        assertThat(meters.page("text/plain").contentType()).startsWith("text/plain; version=0.0.4");
        assertThat(meters.scrape()).doesNotContain("trace_id");
    }

    @Test
    void countersThatNothingHappenedToAreThereFromTheStart() {
        assertThat(meters.scrape())
                .contains("freshet_chunks_embedded_total 0.0")
                .contains("freshet_chunks_reused_total 0.0");
    }

    @Test
    void aClockThatIsBehindGivesNoNegativeTime() {
        searchable(Duration.ofMillis(-30));

        assertThat(meters.scrape()).contains("freshet_commit_to_searchable_seconds_sum{mapping=\"articles\"} 0.0");
    }

    @Test
    void countsForTheStatus() {
        meters.embedded(Duration.ZERO);
        meters.embedded(Duration.ZERO);
        meters.reused(5);

        assertThat(meters.chunksEmbedded()).isEqualTo(2);
        assertThat(meters.chunksReused()).isEqualTo(5);
    }
}
