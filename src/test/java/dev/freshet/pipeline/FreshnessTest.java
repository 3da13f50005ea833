package dev.freshet.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class FreshnessTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    @Test
    void lagIsTheAgeOfTheOldestChangeThatCannotBeFound() {
        assertThat(new Freshness(null, 3, NOW.minusMillis(250)).lag(NOW)).isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void nothingPendingIsNoLag() {
        assertThat(new Freshness(Changes.at(1), 0, null).lag(NOW)).isZero();
    }

    @Test
    void aClockThatIsBehindGivesNoNegativeLag() {
        assertThat(new Freshness(null, 1, NOW.plusSeconds(2)).lag(NOW)).isZero();
    }
}
