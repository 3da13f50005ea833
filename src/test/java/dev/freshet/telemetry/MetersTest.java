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

    @Test
    void thePageHasEveryMeterByItsName() {
        meters.embedded(Duration.ofMillis(20));
        meters.reused(3);
        meters.deduplicated();
        meters.searchable("articles", Duration.ofMillis(40));
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
    void countersThatNothingHappenedToAreThereFromTheStart() {
        assertThat(meters.scrape())
                .contains("freshet_chunks_embedded_total 0.0")
                .contains("freshet_chunks_reused_total 0.0");
    }

    @Test
    void aClockThatIsBehindGivesNoNegativeTime() {
        meters.searchable("articles", Duration.ofMillis(-30));

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
