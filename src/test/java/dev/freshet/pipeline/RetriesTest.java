package dev.freshet.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.index.IndexException;
import dev.freshet.source.SourceException;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class RetriesTest {

    @Test
    void knowsWhatMayGoAwayByItself() {
        assertThat(Retries.isTransient(new IndexException(IndexException.Kind.TRANSIENT, "", null)))
                .isTrue();
        assertThat(Retries.isTransient(new IndexException(IndexException.Kind.OVERLOADED, "", null)))
                .isTrue();
        assertThat(Retries.isTransient(new IndexException(IndexException.Kind.PERMANENT, "", null)))
                .isFalse();
        assertThat(Retries.isTransient(SourceException.transientFailure("", new Exception())))
                .isTrue();
        assertThat(Retries.isTransient(SourceException.permanent(""))).isFalse();
        assertThat(Retries.isTransient(new IllegalStateException())).isFalse();
    }

    @Property
    void waitsLongerEachTimeUpToHalfAMinute(@ForAll @IntRange(min = 1, max = 1_000_000) int attempt) {
        Duration most = Duration.ofMillis(Math.min(30_000, 100L << Math.min(attempt - 1, 10)));

        assertThat(Retries.pause(attempt)).isBetween(most.dividedBy(2), most);
    }
}
