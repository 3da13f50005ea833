package dev.freshet.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.TableTruncated;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceparentTest {

    private static final String TEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private static final TableId ARTICLES = new TableId("public", "articles");

    private static SourcePosition at(long commit, long offset) {
        return new SourcePosition("shop", new Version(commit, offset), Instant.EPOCH, "815");
    }

    @Test
    void readsAndWritesTheForm() {
        Traceparent read = Traceparent.parse(" " + TEXT + "\n").orElseThrow();
        assertThat(read.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(read.parentId()).isEqualTo("00f067aa0ba902b7");
        assertThat(read.flags()).isEqualTo("01");
        assertThat(read).hasToString(TEXT);
    }

    @Test
    void aLaterVersionMaySayMore() {
        assertThat(Traceparent.parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-says"))
                .hasValueSatisfying(read -> assertThat(read).hasToString(TEXT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n00-",
            })
    void whatIsNotOfTheFormIsNothing(String text) {
        assertThat(Traceparent.parse(text)).isEmpty();
    }

    @Test
    void thereMayBeNoText() {
        assertThat(Traceparent.parse(null)).isEmpty();
        assertThatThrownBy(() -> new Traceparent("4bf9", "00f067aa0ba902b7", "01"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theSameChangeHasTheSameTraceAndEveryOtherAnother() {
        // Written down, because what logs and dead letters of last week say must still be found.
        assertThat(Traceparent.of(at(1, 2), ARTICLES, "7"))
                .hasToString("00-63d4a88ebd11aff88101cc258d9bec4e-ba3a9becdbd75cb1-00")
                .isEqualTo(Traceparent.of(at(1, 2), ARTICLES, "7"));
        List<Traceparent> all = List.of(
                Traceparent.of(at(1, 2), ARTICLES, "7"),
                Traceparent.of(at(1, 2), ARTICLES, "8"),
                Traceparent.of(at(1, 2), new TableId("public", "notes"), "7"),
                Traceparent.of(at(1, 3), ARTICLES, "7"),
                Traceparent.of(at(2, 2), ARTICLES, "7"),
                Traceparent.of(new SourcePosition("other", new Version(1, 2), Instant.EPOCH, null), ARTICLES, "7"));
        assertThat(all.stream().map(Traceparent::traceId)).doesNotHaveDuplicates();
        assertThat(all.stream().map(Traceparent::parentId)).doesNotHaveDuplicates();
        assertThat(all.stream().map(Traceparent::flags)).containsOnly("00");
    }

    @Test
    void everyChangeHasATrace() {
        Traceparent came = Traceparent.parse(TEXT).orElseThrow();
        RowKey key = RowKey.of("id", 7L);
        assertThat(new RowDeleted(ARTICLES, key, at(1, 2), came).trace()).isEqualTo(came);
        assertThat(new RowDeleted(ARTICLES, key, at(1, 2)).trace()).isEqualTo(Traceparent.of(at(1, 2), ARTICLES, "7"));
        assertThat(new TableTruncated(ARTICLES, at(1, 2), came).trace()).isEqualTo(came);
        assertThat(Stream.of(new TableTruncated(ARTICLES, at(1, 2)), new TableTruncated(ARTICLES, at(1, 3)))
                        .map(TableTruncated::trace))
                .doesNotHaveDuplicates();
    }
}
