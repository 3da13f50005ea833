package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.NOTES;
import static dev.freshet.pipeline.Changes.key;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LiveKeysTest {

    private final LiveKeys keys = new LiveKeys();

    @Test
    void recordsOnlyWhileABackfillIsUnderWay() {
        keys.changed(ARTICLES, key(1));
        keys.truncated(NOTES);
        keys.open();
        assertThat(keys.contains(ARTICLES, key(1))).isFalse();
        assertThat(keys.contains(NOTES, key(1))).isFalse();

        keys.changed(ARTICLES, key(1));
        assertThat(keys.contains(ARTICLES, key(1))).isTrue();
        assertThat(keys.contains(ARTICLES, key(2))).isFalse();
        assertThat(keys.contains(NOTES, key(1))).isFalse();

        keys.stop();
        assertThat(keys.contains(ARTICLES, key(1))).isFalse();
    }

    @Test
    void aWindowSpansTheOneBeforeAndNoMore() {
        keys.open();
        keys.changed(ARTICLES, key(1));
        keys.truncated(NOTES);
        keys.open();
        assertThat(keys.contains(ARTICLES, key(1))).isTrue();
        assertThat(keys.contains(NOTES, key(1))).isTrue();
        keys.open();
        assertThat(keys.contains(ARTICLES, key(1))).isFalse();
        assertThat(keys.contains(NOTES, key(1))).isFalse();
    }

    @Test
    void aTruncationIsOfEveryRow() {
        keys.open();
        keys.truncated(ARTICLES);

        assertThat(keys.contains(ARTICLES, key(99))).isTrue();
        assertThat(keys.contains(NOTES, key(99))).isFalse();
    }
}
